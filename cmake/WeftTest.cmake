# weft_add_test(<layer> <module> [TIMEOUT seconds] [LIBRARIES ...])
#
# Builds tests/<layer>/test_<module>.c with the runner in tests/support and registers
# it as the test <layer>.<module>, labelled <layer>. The cases of a file run in one
# process, named one by one as they begin; "test_<module> <case>" runs one.
function(weft_add_test layer module)
  cmake_parse_arguments(arg "" "TIMEOUT" "LIBRARIES" ${ARGN})
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 120)
  endif()
  if(WEFT_SANITIZE OR CMAKE_CROSSCOMPILING)
    math(EXPR arg_TIMEOUT "${arg_TIMEOUT} * 4")
  endif()
  set(program test_${layer}_${module})
  add_executable(${program} ${layer}/test_${module}.c)
  target_link_libraries(${program} PRIVATE weft_test_support ${arg_LIBRARIES})
  add_test(NAME ${layer}.${module} COMMAND ${program})
  set_tests_properties(${layer}.${module} PROPERTIES LABELS ${layer} TIMEOUT ${arg_TIMEOUT})
endfunction()
