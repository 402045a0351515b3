# What the rooms stand on, as imported targets: DuckDB::DuckDB, PkgConfig::yaml ...
# A system copy wins over the one that scripts/bootstrap put into .deps/.
set(DA_DEPS ${PROJECT_SOURCE_DIR}/.deps)
find_package(Threads REQUIRED)
find_package(PkgConfig REQUIRED)
find_package(Python3 3.9 REQUIRED COMPONENTS Interpreter) # runs tests, no part of the program

function(da_require_module target module package)
  pkg_check_modules(${target} QUIET IMPORTED_TARGET ${module})
  if(NOT ${target}_FOUND)
    message(FATAL_ERROR "expected ${module} (Debian package ${package}) but found none: run scripts/bootstrap")
  endif()
endfunction()
da_require_module(yaml yaml-0.1 libyaml-dev)
da_require_module(cjson libcjson libcjson-dev)
da_require_module(xxhash libxxhash libxxhash-dev)
da_require_module(zlib zlib zlib1g-dev)
da_require_module(curl libcurl>=7.88 libcurl4-openssl-dev)
da_require_module(expat expat libexpat1-dev)
da_require_module(crypto libcrypto libssl-dev)
da_require_module(cmocka cmocka libcmocka-dev)

# Several machines or processes for training: taken when it is there.
set(DA_MPI AUTO CACHE STRING "Build with MPI: AUTO (where it is installed), ON or OFF")
if(NOT DA_MPI STREQUAL "OFF")
  find_package(MPI QUIET COMPONENTS C)
endif()
if(MPI_C_FOUND)
  target_compile_definitions(da_options INTERFACE DA_HAVE_MPI)
  set(DA_LINK_train MPI::MPI_C)
elseif(DA_MPI STREQUAL "ON")
  message(FATAL_ERROR "expected MPI (Debian package libopenmpi-dev) but found none: run scripts/bootstrap, or set DA_MPI=OFF")
endif()

# The verb serve: built in when the library for HTTP is there.
pkg_check_modules(microhttpd QUIET IMPORTED_TARGET libmicrohttpd>=0.9.72)
if(microhttpd_FOUND)
  target_compile_definitions(da_options INTERFACE DA_HAVE_MICROHTTPD)
  set(DA_LINK_serve PkgConfig::microhttpd)
endif()

find_package(DuckDB)
if(NOT DuckDB_FOUND)
  message(FATAL_ERROR "expected DuckDB's library and duckdb.h but found none: run scripts/bootstrap, or set DuckDB_ROOT to a folder that holds both")
endif()
