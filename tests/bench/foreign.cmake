# Peers in other languages: programs of their own in the folder of weft-bench. Adds to
# `peers` and `missing`.

set(bin ${CMAKE_CURRENT_BINARY_DIR}/bin)

# Go: its standard library alone.
find_program(GO_EXECUTABLE go)
mark_as_advanced(GO_EXECUTABLE)
if(GO_EXECUTABLE)
  set(sources main.go lock.go net.go pool.go process.go queue.go thread.go)
  list(TRANSFORM sources PREPEND ${CMAKE_CURRENT_SOURCE_DIR}/go/)
  add_custom_command(OUTPUT ${bin}/weft-bench-go
    COMMAND ${CMAKE_COMMAND} -E env GO111MODULE=off GOFLAGS= GOCACHE=${CMAKE_CURRENT_BINARY_DIR}/go-cache
      ${GO_EXECUTABLE} build -o ${bin}/weft-bench-go ${sources}
    DEPENDS ${sources}
    COMMENT "Building weft-bench-go" VERBATIM)
  add_custom_target(weft-bench-go DEPENDS ${bin}/weft-bench-go)
  add_dependencies(weft-bench weft-bench-go)
  target_sources(weft-bench PRIVATE peer_go.c)
  list(APPEND peers go goroutine)
else()
  list(APPEND missing Go)
endif()

# Rust: the crates that Debian packages, from where it puts them.
find_program(CARGO_EXECUTABLE cargo)
find_program(RUSTC_EXECUTABLE rustc)
set(WEFT_BENCH_CRATES /usr/share/cargo/registry CACHE PATH "Folder of unpacked crates for weft-bench")
mark_as_advanced(CARGO_EXECUTABLE RUSTC_EXECUTABLE WEFT_BENCH_CRATES)

# bench_crates(<result> crates...): whether all are there.
function(bench_crates result)
  set(found TRUE)
  foreach(crate IN LISTS ARGN)
    file(GLOB folder ${WEFT_BENCH_CRATES}/${crate}.*)
    if(NOT folder)
      set(found FALSE)
    endif()
  endforeach()
  if(NOT CARGO_EXECUTABLE OR NOT RUSTC_EXECUTABLE)
    set(found FALSE)
  endif()
  set(${result} ${found} PARENT_SCOPE)
endfunction()

# bench_cargo(<program> <folder> sources...): built from a copy, since cargo writes its lock
# file beside Cargo.toml.
function(bench_cargo program folder)
  execute_process(COMMAND ${RUSTC_EXECUTABLE} --version OUTPUT_VARIABLE rustc
    OUTPUT_STRIP_TRAILING_WHITESPACE)
  set(copy ${CMAKE_CURRENT_BINARY_DIR}/${folder})
  set(originals Cargo.toml ${ARGN})
  list(TRANSFORM originals PREPEND ${CMAKE_CURRENT_SOURCE_DIR}/${folder}/)
  file(MAKE_DIRECTORY ${copy})
  add_custom_command(OUTPUT ${bin}/${program}
    COMMAND ${CMAKE_COMMAND} -E copy_directory ${CMAKE_CURRENT_SOURCE_DIR}/${folder} ${copy}
    COMMAND ${CMAKE_COMMAND} -E env "WEFT_BENCH_RUSTC=${rustc}"
      ${CARGO_EXECUTABLE} build --release --offline --quiet --target-dir target
      --config "source.crates-io.replace-with='packaged'"
      --config "source.packaged.directory='${WEFT_BENCH_CRATES}'"
    COMMAND ${CMAKE_COMMAND} -E copy target/release/${program} ${bin}/${program}
    DEPENDS ${originals}
    WORKING_DIRECTORY ${copy}
    COMMENT "Building ${program}" VERBATIM)
  add_custom_target(${program} DEPENDS ${bin}/${program})
  add_dependencies(weft-bench ${program})
endfunction()

bench_crates(crates_found crossbeam-channel-0.5 rayon-1 parking_lot-0.12 libc-0.2)
if(crates_found)
  bench_cargo(weft-bench-rust rust src/main.rs src/lock.rs src/net.rs src/pool.rs src/process.rs
    src/queue.rs src/thread.rs)
  target_sources(weft-bench PRIVATE peer_rust.c)
  list(APPEND peers crossbeam rust_std parking_lot rayon)
else()
  list(APPEND missing "Rust (crossbeam, std, parking_lot, rayon)")
endif()
bench_crates(crates_found tokio-1 mio-0 socket2-0)
if(crates_found)
  bench_cargo(weft-bench-tokio tokio src/main.rs)
  target_sources(weft-bench PRIVATE peer_tokio.c)
  list(APPEND peers tokio)
else()
  list(APPEND missing tokio)
endif()

# CPython.
find_package(Python3 QUIET COMPONENTS Interpreter)
if(Python3_Interpreter_FOUND)
  configure_file(python/bench.py ${bin}/weft-bench.py COPYONLY)
  configure_file(python/processes.py ${bin}/weft-bench-processes.py COPYONLY)
  configure_file(python/net.py ${bin}/weft-bench-net.py COPYONLY)
  target_sources(weft-bench PRIVATE peer_python.c)
  list(APPEND peers python python_simple python_process python_imap python_executor
    python_simple_queue python_fork python_forkserver python_asyncio
    python_socketserver)
else()
  list(APPEND missing Python)
endif()

# OpenMPI: a program of its own, which needs mpirun to run.
find_package(MPI QUIET COMPONENTS C)
if(MPI_C_FOUND AND MPIEXEC_EXECUTABLE)
  add_executable(weft-bench-mpi program_mpi.c)
  set_target_properties(weft-bench-mpi PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${bin})
  target_compile_definitions(weft-bench-mpi PRIVATE _GNU_SOURCE)
  target_link_libraries(weft-bench-mpi PRIVATE MPI::MPI_C weft_warnings)
  add_dependencies(weft-bench weft-bench-mpi)
  target_sources(weft-bench PRIVATE peer_mpi.c)
  list(APPEND peers openmpi)
else()
  list(APPEND missing OpenMPI)
endif()
