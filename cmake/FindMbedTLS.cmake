# Finds Mbed TLS 2.28 or 3.x: MbedTLS::mbedtls (which brings the other two libraries along), MbedTLS_FOUND and
# MbedTLS_VERSION. Version 2.28 ships no CMake package in Debian, so headers and libraries are looked for.

find_path(MbedTLS_INCLUDE_DIR NAMES mbedtls/ssl.h)
foreach(_part IN ITEMS tls x509 crypto)
  find_library(MbedTLS_${_part}_LIBRARY NAMES mbed${_part})
  mark_as_advanced(MbedTLS_${_part}_LIBRARY)
endforeach()
mark_as_advanced(MbedTLS_INCLUDE_DIR)

# The number moved from version.h to build_info.h in 3.0.
foreach(_header IN ITEMS build_info version)
  if(EXISTS "${MbedTLS_INCLUDE_DIR}/mbedtls/${_header}.h" AND NOT MbedTLS_VERSION)
    file(STRINGS "${MbedTLS_INCLUDE_DIR}/mbedtls/${_header}.h" MbedTLS_VERSION
         REGEX "^#define MBEDTLS_VERSION_STRING ")
    string(REGEX REPLACE ".*\"([0-9.]+)\".*" "\\1" MbedTLS_VERSION "${MbedTLS_VERSION}")
  endif()
endforeach()

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(MbedTLS VERSION_VAR MbedTLS_VERSION REQUIRED_VARS
  MbedTLS_tls_LIBRARY MbedTLS_x509_LIBRARY MbedTLS_crypto_LIBRARY MbedTLS_INCLUDE_DIR)

# What 4.0 took away is needed here.
if(MbedTLS_FOUND AND NOT MbedTLS_VERSION VERSION_LESS 4)
  message(STATUS "Mbed TLS ${MbedTLS_VERSION} is not used: 2.28 to 3.x are")
  set(MbedTLS_FOUND FALSE)
endif()

if(MbedTLS_FOUND AND NOT TARGET MbedTLS::mbedtls)
  add_library(MbedTLS::mbedtls UNKNOWN IMPORTED)
  set_target_properties(MbedTLS::mbedtls PROPERTIES
    IMPORTED_LOCATION "${MbedTLS_tls_LIBRARY}"
    INTERFACE_INCLUDE_DIRECTORIES "${MbedTLS_INCLUDE_DIR}"
    INTERFACE_LINK_LIBRARIES
      "${MbedTLS_x509_LIBRARY};${MbedTLS_crypto_LIBRARY};$<$<PLATFORM_ID:Windows>:ws2_32;advapi32;bcrypt>")
endif()
