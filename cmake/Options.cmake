# The language, the warnings, the sanitizers, and the rules that keep results the same bytes everywhere.
set(CMAKE_C_STANDARD 17)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS OFF)
set(CMAKE_C_VISIBILITY_PRESET hidden) # the shared library exports only what include/deepattribution.h marks DA_API
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_C_FLAGS_RELWITHDEBINFO "-O3 -g") # no NDEBUG: a broken invariant stops the run, it does not move credit

option(DA_WARNINGS_AS_ERRORS "Refuse code that warns" OFF)
set(DA_SANITIZE "" CACHE STRING "Sanitizers for -fsanitize=, such as address,undefined or thread")

option(DA_FUZZ "Let libFuzzer drive the fuzz targets (clang)" OFF)

add_library(da_options INTERFACE)
target_compile_definitions(da_options INTERFACE _GNU_SOURCE DA_VERSION="${PROJECT_VERSION}")
target_include_directories(da_options INTERFACE ${PROJECT_SOURCE_DIR}/src ${PROJECT_SOURCE_DIR}/include)
target_compile_options(da_options INTERFACE
  -Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes -Wvla
  $<$<BOOL:${DA_WARNINGS_AS_ERRORS}>:-Werror>
  # These two change no value that is computed, they only let loops with sqrt and comparisons become vectors.
  -fno-math-errno -fno-trapping-math
  -fopenmp-simd
  # a*b + c rounds twice on every processor; only the kernel files below may fuse. Nothing here may reorder sums.
  -ffp-contract=off)

if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|AMD64)$")
  set(DA_X86 ON)
  target_compile_options(da_options INTERFACE -march=x86-64-v2) # faster code is chosen when the program runs
endif()

if(DA_SANITIZE)
  target_compile_options(da_options INTERFACE -fsanitize=${DA_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(da_options INTERFACE -fsanitize=${DA_SANITIZE})
endif()

# Kernel files say by their name which processor they are for. DA_HAVE_<set> tells the code that chooses among them
# at run time which of them were built.
include(CheckCCompilerFlag)
set(DA_KERNEL_SETS avx2 avx512 avx512fp16)
set(DA_KERNEL_FLAGS_avx2 -mavx2 -mfma)
set(DA_KERNEL_FLAGS_avx512 -mavx512f -mavx512bw -mavx512dq -mavx512vl -mfma)
set(DA_KERNEL_FLAGS_avx512fp16 ${DA_KERNEL_FLAGS_avx512} -mavx512fp16)
foreach(set IN LISTS DA_KERNEL_SETS)
  string(TOUPPER ${set} upper)
  if(DA_X86)
    string(JOIN " " flags ${DA_KERNEL_FLAGS_${set}})
    check_c_compiler_flag("${flags}" DA_HAVE_${upper})
  endif()
  if(DA_HAVE_${upper})
    target_compile_definitions(da_options INTERFACE DA_HAVE_${upper})
  endif()
endforeach()

# da_set_kernel_flags(SOURCES_VARIABLE): gives x_avx2.c and the like their flags, and drops those not built here.
function(da_set_kernel_flags sources_variable)
  set(kept "")
  foreach(source IN LISTS ${sources_variable})
    if(source MATCHES "_(avx2|avx512|avx512fp16)\\.c$")
      set(set ${CMAKE_MATCH_1})
      string(TOUPPER ${set} upper)
      if(NOT DA_HAVE_${upper})
        continue()
      endif()
      set_source_files_properties(${source} PROPERTIES COMPILE_OPTIONS "${DA_KERNEL_FLAGS_${set}};-ffp-contract=fast")
    endif()
    list(APPEND kept ${source})
  endforeach()
  set(${sources_variable} ${kept} PARENT_SCOPE)
endfunction()
