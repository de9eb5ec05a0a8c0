# Finds SDL2_net together with SDL2: SDL2_net::SDL2_net (which brings SDL2::SDL2 along), SDL2_net_FOUND and
# SDL2_net_VERSION.
#
# SDL2_net's own CMake package comes first, but it does not do alone: a static one names its target otherwise, and
# none says that it needs SDL2. Without a package, header and library are looked for.

find_package(SDL2 CONFIG QUIET)
find_package(SDL2_net CONFIG QUIET)

if(NOT SDL2_net_LIBRARY AND (TARGET SDL2_net::SDL2_net OR TARGET SDL2_net::SDL2_net-static))
  set(_sdl2_net_found "${SDL2_net_CONFIG}")
else()
  find_path(SDL2_net_INCLUDE_DIR NAMES SDL_net.h PATH_SUFFIXES SDL2)
  find_library(SDL2_net_LIBRARY NAMES SDL2_net SDL2_net-static)
  mark_as_advanced(SDL2_net_INCLUDE_DIR SDL2_net_LIBRARY)
  set(_sdl2_net_found "${SDL2_net_LIBRARY}")
  set(SDL2_net_VERSION "")
  if(NOT SDL2_net_INCLUDE_DIR)
    set(_sdl2_net_found "")
  else()
    foreach(_part MAJOR_VERSION MINOR_VERSION PATCHLEVEL)
      file(STRINGS "${SDL2_net_INCLUDE_DIR}/SDL_net.h" _line REGEX "^#define SDL_NET_${_part} ")
      string(REGEX REPLACE ".* ([0-9]+)[^0-9]*$" "\\1" _line "${_line}")
      list(APPEND SDL2_net_VERSION "${_line}")
    endforeach()
    list(JOIN SDL2_net_VERSION "." SDL2_net_VERSION)
  endif()
endif()

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(SDL2_net REQUIRED_VARS _sdl2_net_found SDL2_FOUND VERSION_VAR SDL2_net_VERSION)

if(SDL2_net_FOUND)
  if(TARGET SDL2_net::SDL2_net-static AND NOT TARGET SDL2_net::SDL2_net)
    add_library(SDL2_net::SDL2_net INTERFACE IMPORTED)
    set_target_properties(SDL2_net::SDL2_net PROPERTIES INTERFACE_LINK_LIBRARIES SDL2_net::SDL2_net-static)
  elseif(NOT TARGET SDL2_net::SDL2_net)
    add_library(SDL2_net::SDL2_net UNKNOWN IMPORTED)
    set_target_properties(SDL2_net::SDL2_net PROPERTIES
      IMPORTED_LOCATION "${SDL2_net_LIBRARY}"
      INTERFACE_INCLUDE_DIRECTORIES "${SDL2_net_INCLUDE_DIR}"
      INTERFACE_LINK_LIBRARIES "$<$<PLATFORM_ID:Windows>:ws2_32;iphlpapi>")
  endif()
  # On both, so that SDL2 follows SDL2_net on the command line of a static link.
  foreach(_target SDL2_net::SDL2_net SDL2_net::SDL2_net-static)
    if(TARGET ${_target})
      get_target_property(_libraries ${_target} INTERFACE_LINK_LIBRARIES)
      if(NOT "SDL2::SDL2" IN_LIST _libraries)
        set_property(TARGET ${_target} APPEND PROPERTY INTERFACE_LINK_LIBRARIES SDL2::SDL2)
      endif()
    endif()
  endforeach()
endif()
