# cmake -DNM=<nm> -DARCHIVES=<a,b> -DHEADERS=<folder,folder> -P CheckSymbols.cmake
#
# What the libraries define for the linker is public and in a header, or wears one of
# weft's private prefixes: weft_seam_ (a port supplies it) or weft__ (crosses files).
cmake_minimum_required(VERSION 3.20)

string(REPLACE "," ";" ARCHIVES "${ARCHIVES}")
string(REPLACE "," ";" HEADERS "${HEADERS}")
set(declared "")
foreach(folder IN LISTS HEADERS)
  file(GLOB_RECURSE headers "${folder}/*.h")
  foreach(header IN LISTS headers)
    file(READ "${header}" text)
    string(APPEND declared "${text}")
  endforeach()
endforeach()

set(count 0)
set(strangers "")
foreach(archive IN LISTS ARCHIVES)
  execute_process(COMMAND "${NM}" -g --defined-only "${archive}" OUTPUT_VARIABLE symbols
                  COMMAND_ERROR_IS_FATAL ANY)
  string(REGEX MATCHALL "[0-9a-f]+ [A-Z] [A-Za-z0-9_.]+" symbols "${symbols}")
  foreach(symbol IN LISTS symbols)
    string(REGEX REPLACE ".* " "" name "${symbol}")
    math(EXPR count "${count} + 1")
    if(name MATCHES "^weft_(seam)?_" OR name MATCHES "^(_|\\.)")
      continue()
    endif()
    if(NOT name MATCHES "^weft_" OR NOT declared MATCHES "[^A-Za-z0-9_]${name}\\(")
      list(APPEND strangers ${name})
    endif()
  endforeach()
endforeach()

if(count LESS 150)
  message(FATAL_ERROR "only ${count} symbols in ${ARCHIVES}: nothing was checked")
endif()
if(strangers)
  message(FATAL_ERROR "in no public header, and without a private prefix: ${strangers}")
endif()
message("${count} symbols, all declared or private")
