# OpenBLAS::OpenBLAS: a system OpenBLAS of at least 0.3.26, else the one in .deps/openblas.
#
# Debian 12's 0.3.21 is passed over: it does not know newer processors and falls back to kernels that are four times
# slower. -DDA_SYSTEM_OPENBLAS=ON takes the system's whatever its version.
#
# The downloaded one prefixes its symbols with scipy_; src/model/blas.h hides the difference.
option(DA_SYSTEM_OPENBLAS "Use the system's OpenBLAS even when it is old" OFF)
set(OpenBLAS_DOWNLOADED OFF)
if(DA_SYSTEM_OPENBLAS)
  pkg_check_modules(openblas_system QUIET IMPORTED_TARGET openblas)
else()
  pkg_check_modules(openblas_system QUIET IMPORTED_TARGET openblas>=0.3.26)
endif()

if(openblas_system_FOUND)
  set(OpenBLASChosen_LIBRARY "${openblas_system_LINK_LIBRARIES}")
else()
  find_path(OpenBLASChosen_INCLUDE_DIR cblas.h PATHS ${DA_DEPS}/openblas/include NO_DEFAULT_PATH)
  find_library(OpenBLASChosen_LIBRARY scipy_openblas PATHS ${DA_DEPS}/openblas/lib NO_DEFAULT_PATH)
  mark_as_advanced(OpenBLASChosen_INCLUDE_DIR OpenBLASChosen_LIBRARY)
endif()

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(OpenBLASChosen REQUIRED_VARS OpenBLASChosen_LIBRARY)

if(OpenBLASChosen_FOUND AND NOT TARGET OpenBLAS::OpenBLAS)
  if(openblas_system_FOUND)
    add_library(OpenBLAS::OpenBLAS ALIAS PkgConfig::openblas_system)
  else()
    set(OpenBLAS_DOWNLOADED ON)
    add_library(OpenBLAS::OpenBLAS SHARED IMPORTED)
    set_target_properties(OpenBLAS::OpenBLAS PROPERTIES
      IMPORTED_LOCATION ${OpenBLASChosen_LIBRARY}
      INTERFACE_INCLUDE_DIRECTORIES ${OpenBLASChosen_INCLUDE_DIR}
      INTERFACE_COMPILE_DEFINITIONS DA_BLAS_PREFIX=scipy_)
  endif()
endif()
