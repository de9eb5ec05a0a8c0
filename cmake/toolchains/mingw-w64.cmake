# Windows (x86_64) from Linux: Debian's MinGW-w64, programs run under Wine.
#
#   cmake --toolchain cmake/toolchains/mingw-w64.cmake
#         -DWEFT_WINDOWS_LIBRARIES="$(cmake/scripts/windows-libraries.sh)"
#
# The environment variable WEFT_WINDOWS_LIBRARIES does the same. Without either nothing is found by find_package,
# and the library alone still builds.

set(CMAKE_SYSTEM_NAME Windows)
set(CMAKE_SYSTEM_PROCESSOR x86_64)

# The win32 thread flavour: libgcc's own locks are Win32 ones, so no program of ours carries winpthreads beside our
# threads, and a stray pthread call in the Win32 backend fails to link instead of working by luck.
set(CMAKE_C_COMPILER x86_64-w64-mingw32-gcc-win32)
set(CMAKE_CXX_COMPILER x86_64-w64-mingw32-g++-win32)
set(CMAKE_RC_COMPILER x86_64-w64-mingw32-windres)

# One file that needs no DLL but the system's.
set(CMAKE_EXE_LINKER_FLAGS_INIT "-static")
set(CMAKE_SHARED_LINKER_FLAGS_INIT "-static-libgcc")
set(CMAKE_MODULE_LINKER_FLAGS_INIT "-static-libgcc")

set(WEFT_WINDOWS_LIBRARIES "$ENV{WEFT_WINDOWS_LIBRARIES}" CACHE PATH "Prefix that windows-libraries.sh made")
list(APPEND CMAKE_TRY_COMPILE_PLATFORM_VARIABLES WEFT_WINDOWS_LIBRARIES)

# Headers, libraries and packages come from that prefix only, programs from the build machine only. An empty root
# would mean the build machine's own folders, hence the stand-in: the compiler's folder.
if(WEFT_WINDOWS_LIBRARIES)
  set(CMAKE_FIND_ROOT_PATH "${WEFT_WINDOWS_LIBRARIES}")
else()
  set(CMAKE_FIND_ROOT_PATH /usr/x86_64-w64-mingw32)
endif()
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)

set(CMAKE_CROSSCOMPILING_EMULATOR "${CMAKE_CURRENT_LIST_DIR}/../scripts/wine.sh")
