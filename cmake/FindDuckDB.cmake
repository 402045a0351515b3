# DuckDB::DuckDB from DuckDB_ROOT (variable or environment), else the system, else .deps/duckdb.
# DuckDB_DOWNLOADED is true for the last: then `make install` takes the library along.
set(DuckDB_DOWNLOADED OFF)
find_path(DuckDB_INCLUDE_DIR duckdb.h HINTS ${DuckDB_ROOT} $ENV{DuckDB_ROOT})
find_library(DuckDB_LIBRARY duckdb HINTS ${DuckDB_ROOT} $ENV{DuckDB_ROOT})
if(NOT DuckDB_INCLUDE_DIR OR NOT DuckDB_LIBRARY)
  unset(DuckDB_INCLUDE_DIR CACHE)
  unset(DuckDB_LIBRARY CACHE)
  find_path(DuckDB_INCLUDE_DIR duckdb.h PATHS ${DA_DEPS}/duckdb/include NO_DEFAULT_PATH)
  find_library(DuckDB_LIBRARY duckdb PATHS ${DA_DEPS}/duckdb/lib NO_DEFAULT_PATH)
endif()
if(DuckDB_LIBRARY)
  cmake_path(IS_PREFIX DA_DEPS ${DuckDB_LIBRARY} NORMALIZE DuckDB_DOWNLOADED)
endif()

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(DuckDB REQUIRED_VARS DuckDB_LIBRARY DuckDB_INCLUDE_DIR)
mark_as_advanced(DuckDB_LIBRARY DuckDB_INCLUDE_DIR)

if(DuckDB_FOUND AND NOT TARGET DuckDB::DuckDB)
  add_library(DuckDB::DuckDB SHARED IMPORTED)
  set_target_properties(DuckDB::DuckDB PROPERTIES
    IMPORTED_LOCATION ${DuckDB_LIBRARY}
    INTERFACE_INCLUDE_DIRECTORIES ${DuckDB_INCLUDE_DIR})
endif()
