@echo off
rem Installs what this machine lacks to build weft: CMake, the Visual Studio 2022 build
rem tools, and vcpkg, by winget. Unverified: nobody here could run it.
setlocal
where winget >nul 2>nul
if errorlevel 1 (
  echo setup: winget is missing; install "App Installer" from the Microsoft Store
  exit /b 1
)
where cmake >nul 2>nul
if errorlevel 1 winget install --id Kitware.CMake --silent --accept-package-agreements --accept-source-agreements || exit /b 1
where git >nul 2>nul
if errorlevel 1 winget install --id Git.Git --silent --accept-package-agreements --accept-source-agreements || exit /b 1
set "vswhere=%ProgramFiles(x86)%\Microsoft Visual Studio\Installer\vswhere.exe"
set "found="
if exist "%vswhere%" for /f "delims=" %%i in ('"%vswhere%" -products * -version [17.0^,18.0^) -requires Microsoft.VisualStudio.Component.VC.Tools.x86.x64 -property installationPath') do set "found=%%i"
if not defined found winget install --id Microsoft.VisualStudio.2022.BuildTools --silent --accept-package-agreements --accept-source-agreements --override "--quiet --wait --add Microsoft.VisualStudio.Workload.VCTools --includeRecommended" || exit /b 1
if defined VCPKG_ROOT exit /b 0
if not exist "%LOCALAPPDATA%\weft\vcpkg\vcpkg.exe" (
  if not exist "%LOCALAPPDATA%\weft\vcpkg" git clone --depth 1 https://github.com/microsoft/vcpkg "%LOCALAPPDATA%\weft\vcpkg" || exit /b 1
  call "%LOCALAPPDATA%\weft\vcpkg\bootstrap-vcpkg.bat" -disableMetrics || exit /b 1
)
endlocal & set "VCPKG_ROOT=%LOCALAPPDATA%\weft\vcpkg"
exit /b 0
