# macOS from Linux: Zig as the C compiler, with the system headers and symbol lists it carries. Programs are compiled
# and linked, not run.
#
#   cmake --toolchain cmake/toolchains/zig-macos.cmake -DWEFT_MACOS_ARCH=aarch64
#
# WEFT_MACOS_ARCH   aarch64 (the default) or x86_64
# WEFT_ZIG          the zig program; without it scripts/zig.sh gets one
#
# What the system or Homebrew would bring and Zig does not (libcurl, CUnit, iconv) stands in <build>/zig-macos as a
# prefix of its own: headers, and text stubs (.tbd, the form of Apple's own SDK) that list their functions. So
# find_package finds them as on a Mac, and a misspelt function still fails to link. (Zig 0.11 does not obey
# -undefined dynamic_lookup, and it would let the misspelt one pass.)

set(CMAKE_SYSTEM_NAME Darwin)

set(WEFT_MACOS_ARCH aarch64 CACHE STRING "aarch64 or x86_64")
if(WEFT_MACOS_ARCH STREQUAL "aarch64")
  set(CMAKE_SYSTEM_PROCESSOR arm64) # as uname -m says there
elseif(WEFT_MACOS_ARCH STREQUAL "x86_64")
  set(CMAKE_SYSTEM_PROCESSOR x86_64)
else()
  message(FATAL_ERROR "WEFT_MACOS_ARCH is ${WEFT_MACOS_ARCH}; it can be aarch64 or x86_64")
endif()

set(WEFT_ZIG "$ENV{WEFT_ZIG}" CACHE FILEPATH "Zig 0.11")
if(NOT WEFT_ZIG)
  execute_process(COMMAND "${CMAKE_CURRENT_LIST_DIR}/../scripts/zig.sh"
    OUTPUT_VARIABLE _zig OUTPUT_STRIP_TRAILING_WHITESPACE RESULT_VARIABLE _result)
  if(NOT _result EQUAL 0)
    message(FATAL_ERROR "scripts/zig.sh failed")
  endif()
  set(WEFT_ZIG "${_zig}" CACHE FILEPATH "Zig 0.11" FORCE)
endif()

# Tools of one word, which is what CMake wants, and the stand-ins. CMake reads this file again for each of its trial
# projects; those use the folder of the first time.
if(NOT WEFT_MACOS_PREFIX)
  set(WEFT_MACOS_PREFIX "${CMAKE_BINARY_DIR}/zig-macos" CACHE INTERNAL "")
  foreach(_tool cc ar ranlib)
    set(_script "#!/bin/sh\n")
    set(_target)
    if(_tool STREQUAL "cc")
      # CMake asks for a verbose link when it looks for the size of a pointer; Zig takes that for an error.
      string(APPEND _script "for a do shift; [ \"$a\" = -Wl,-v ] || set -- \"$@\" \"$a\"; done\n")
      set(_target " -target ${WEFT_MACOS_ARCH}-macos")
    endif()
    string(APPEND _script "exec '${WEFT_ZIG}' ${_tool}${_target} \"$@\"\n")
    file(WRITE "${WEFT_MACOS_PREFIX}/bin/${_tool}" "${_script}")
    file(CHMOD "${WEFT_MACOS_PREFIX}/bin/${_tool}" PERMISSIONS
      OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
  endforeach()

  # weft_stub(NAME INSTALLED-AS FUNCTION...)
  function(weft_stub name installed)
    list(TRANSFORM ARGN PREPEND "_")
    list(JOIN ARGN ",\n      " symbols)
    file(WRITE "${WEFT_MACOS_PREFIX}/lib/lib${name}.tbd"
      "--- !tapi-tbd\ntbd-version: 4\ntargets: [ x86_64-macos, arm64-macos ]\ninstall-name: '${installed}'\n"
      "exports:\n  - targets: [ x86_64-macos, arm64-macos ]\n    symbols: [\n      ${symbols} ]\n...\n")
  endfunction()

  # weft_stub_of_headers(FOLDER NAME INSTALLED-AS MARK START): FOLDER is copied from the build machine, alone, so that
  # no header of its C library comes along; the stub lists what its headers declare as "MARK ... STARTsomething(".
  function(weft_stub_of_headers folder name installed mark start)
    file(GLOB found "/usr/include/${folder}" "/usr/include/*-linux-gnu/${folder}")
    if(NOT found)
      return() # and find_package says what is missing
    endif()
    list(GET found 0 found)
    file(COPY "${found}" DESTINATION "${WEFT_MACOS_PREFIX}/include")
    file(GLOB headers "${found}/*.h")
    set(functions)
    foreach(header IN LISTS headers)
      file(READ "${header}" text)
      string(REGEX MATCHALL "${mark}[^;()]*[ *\n]${start}[A-Za-z0-9_]+ *\\(" declarations "${text}")
      foreach(declaration IN LISTS declarations)
        string(REGEX REPLACE ".*[ *\n](${start}[A-Za-z0-9_]+) *\\($" "\\1" function "${declaration}")
        list(APPEND functions "${function}")
      endforeach()
    endforeach()
    list(REMOVE_DUPLICATES functions)
    weft_stub(${name} "${installed}" ${functions})
  endfunction()

  weft_stub_of_headers(curl curl /usr/lib/libcurl.4.dylib CURL_EXTERN curl_)
  weft_stub_of_headers(CUnit cunit @rpath/libcunit.1.dylib CU_EXPORT CU_)
  # Zig has the header of macOS, but not where find_package looks.
  get_filename_component(_zig_folder "${WEFT_ZIG}" REALPATH)
  get_filename_component(_zig_folder "${_zig_folder}" DIRECTORY)
  file(COPY "${_zig_folder}/lib/libc/include/any-macos-any/iconv.h" DESTINATION "${WEFT_MACOS_PREFIX}/include")
  weft_stub(iconv /usr/lib/libiconv.2.dylib iconv_open iconv iconv_close iconvctl)
endif()
list(APPEND CMAKE_TRY_COMPILE_PLATFORM_VARIABLES WEFT_MACOS_ARCH WEFT_ZIG WEFT_MACOS_PREFIX)

set(CMAKE_C_COMPILER "${WEFT_MACOS_PREFIX}/bin/cc")
set(CMAKE_AR "${WEFT_MACOS_PREFIX}/bin/ar" CACHE FILEPATH "")
set(CMAKE_RANLIB "${WEFT_MACOS_PREFIX}/bin/ranlib" CACHE FILEPATH "")
# Zig checks for undefined behaviour unless told not to; Apple's compiler does not.
set(CMAKE_C_FLAGS_INIT "-fno-sanitize=undefined")

set(CMAKE_FIND_ROOT_PATH "${WEFT_MACOS_PREFIX}")
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)
