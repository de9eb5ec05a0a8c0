@echo off
rem run.cmd [ARGUMENTS OF weft-lessons]: installs what is missing, builds the lessons and
rem runs them all. Unverified: nobody here could run it.
setlocal
cd /d "%~dp0..\.."
call cmake\scripts\setup.cmd || exit /b 1
if not exist build\msvc\CMakeCache.txt cmake --preset msvc || exit /b 1
cmake --build --preset msvc || exit /b 1
if "%~1"=="" (
  build\msvc\bin\RelWithDebInfo\weft-lessons.exe run --all
) else (
  build\msvc\bin\RelWithDebInfo\weft-lessons.exe %*
)
exit /b %errorlevel%
