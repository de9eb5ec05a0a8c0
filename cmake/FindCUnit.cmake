# Finds CUnit: CUnit::CUnit, CUnit_FOUND, CUnit_VERSION. CUnit ships no CMake package, so header and library are
# looked for.

find_path(CUnit_INCLUDE_DIR NAMES CUnit/CUnit.h)
find_library(CUnit_LIBRARY NAMES cunit)
mark_as_advanced(CUnit_INCLUDE_DIR CUnit_LIBRARY)

if(CUnit_INCLUDE_DIR)
  file(STRINGS "${CUnit_INCLUDE_DIR}/CUnit/CUnit.h" CUnit_VERSION REGEX "^#define CU_VERSION ")
  string(REGEX REPLACE ".*\"([0-9.]+).*" "\\1" CUnit_VERSION "${CUnit_VERSION}")
endif()

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(CUnit REQUIRED_VARS CUnit_LIBRARY CUnit_INCLUDE_DIR VERSION_VAR CUnit_VERSION)

if(CUnit_FOUND AND NOT TARGET CUnit::CUnit)
  add_library(CUnit::CUnit UNKNOWN IMPORTED)
  set_target_properties(CUnit::CUnit PROPERTIES
    IMPORTED_LOCATION "${CUnit_LIBRARY}"
    INTERFACE_INCLUDE_DIRECTORIES "${CUnit_INCLUDE_DIR}")
endif()
