# The options of a weft build, and two INTERFACE targets that carry its flags.

set(WEFT_BACKEND native CACHE STRING "Which backend: native or sdl2")
set_property(CACHE WEFT_BACKEND PROPERTY STRINGS native sdl2)
option(WEFT_BASELINE "POSIX.1-2008 primitives and nothing else (what macOS runs)" OFF)
set(WEFT_SANITIZE "" CACHE STRING "Instrument everything: address (with undefined), thread, or empty")
set_property(CACHE WEFT_SANITIZE PROPERTY STRINGS "" address thread)
option(WEFT_WERROR "Warnings are errors" OFF)
option(WEFT_BUILD_LESSONS "Build the lessons and their runner" ${PROJECT_IS_TOP_LEVEL})
option(WEFT_BUILD_TESTS "Build the tests, and fault points into the library" ${PROJECT_IS_TOP_LEVEL})
option(WEFT_BUILD_FUZZ "Fuzzers as libFuzzer programs (Clang, with the tests); see tests/fuzz" OFF)
option(WEFT_BUILD_BENCH "Build weft-bench, with the peers that are installed (Linux)" OFF)

# The order of locks, circles of waiting threads, and who holds what: useful, and not free.
if(WEFT_BUILD_TESTS OR CMAKE_BUILD_TYPE STREQUAL "Debug")
  set(checks ON)
else()
  set(checks OFF)
endif()
option(WEFT_CHECKS "Check the order of locks, and show in weft_doctor() who holds them" ${checks})

if(NOT WEFT_BACKEND MATCHES "^(native|sdl2)$")
  message(FATAL_ERROR "WEFT_BACKEND is '${WEFT_BACKEND}': it can be native or sdl2")
endif()
if(WEFT_BASELINE AND (WIN32 OR NOT WEFT_BACKEND STREQUAL "native"))
  message(FATAL_ERROR "WEFT_BASELINE is for the native backend of a POSIX system")
endif()

get_property(multi_config GLOBAL PROPERTY GENERATOR_IS_MULTI_CONFIG)
if(NOT multi_config AND NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE RelWithDebInfo CACHE STRING "Debug, Release, RelWithDebInfo" FORCE)
endif()

# C11, not GNU's: what MSVC lacks is refused here already.
set(CMAKE_C_STANDARD 11)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS OFF)

# weft_warnings: what the compiler should say. Private to weft.
add_library(weft_warnings INTERFACE)
if(MSVC)
  # C4324: padding by alignment is meant. The CRT's "deprecated" standard functions are fine.
  target_compile_options(weft_warnings INTERFACE /W4 /utf-8 /wd4324)
  target_compile_definitions(weft_warnings INTERFACE _CRT_SECURE_NO_WARNINGS)
  if(WEFT_WERROR)
    target_compile_options(weft_warnings INTERFACE /WX)
  endif()
else()
  target_compile_options(weft_warnings INTERFACE -pedantic-errors -Wall -Wextra -Wshadow
    -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith -Wwrite-strings -Wundef
    -Wcast-qual -Wvla -fno-common)
  if(WEFT_WERROR)
    target_compile_options(weft_warnings INTERFACE -Werror)
  endif()
endif()
if(WEFT_BUILD_TESTS)
  target_compile_definitions(weft_warnings INTERFACE WEFT_FAULTS)
endif()

# weft_sanitize: everything, public too, because both sides of a link must agree.
add_library(weft_sanitize INTERFACE)
if(WEFT_SANITIZE STREQUAL "address")
  set(flags -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer)
elseif(WEFT_SANITIZE STREQUAL "thread")
  set(flags -fsanitize=thread)
elseif(WEFT_SANITIZE)
  message(FATAL_ERROR "WEFT_SANITIZE is '${WEFT_SANITIZE}': it can be address, thread or empty")
endif()
if(WEFT_BUILD_FUZZ)
  list(APPEND flags -fsanitize=fuzzer-no-link) # coverage; the fuzzers bring libFuzzer
endif()
target_compile_options(weft_sanitize INTERFACE ${flags})
target_link_options(weft_sanitize INTERFACE ${flags})
