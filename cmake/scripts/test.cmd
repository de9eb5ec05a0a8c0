@echo off
rem test.cmd: installs what is missing, builds and runs all tests. Unverified: nobody
rem here could run it.
setlocal
cd /d "%~dp0..\.."
call cmake\scripts\setup.cmd || exit /b 1
if not exist build\msvc\CMakeCache.txt cmake --preset msvc || exit /b 1
cmake --build --preset msvc || exit /b 1
ctest --preset msvc --parallel 4
exit /b %errorlevel%
