# One static library da_<room> for each folder of src/, linking the room before it; the shared library; the program.

# What each room stands on beside the rooms before it.
set(DA_LINK_base Threads::Threads m)
set(DA_LINK_store DuckDB::DuckDB PkgConfig::yaml PkgConfig::cjson PkgConfig::xxhash PkgConfig::zlib PkgConfig::curl PkgConfig::expat PkgConfig::crypto)

# da_room_sources(ROOM SOURCES TESTS): the room's .c files, and apart from them its tests and fuzz targets.
function(da_room_sources room sources_variable tests_variable)
  file(GLOB sources CONFIGURE_DEPENDS src/${room}/*.c src/${room}/*/*.c)
  set(tests ${sources})
  list(FILTER tests INCLUDE REGEX "_(test|fuzz)\\.c$")
  list(FILTER sources EXCLUDE REGEX "(_test|_fuzz|/main)\\.c$")
  da_set_kernel_flags(sources)
  set(${sources_variable} ${sources} PARENT_SCOPE)
  set(${tests_variable} ${tests} PARENT_SCOPE)
endfunction()

# da_add_rooms(ROOM...): the rooms' libraries, in include order.
function(da_add_rooms)
  set(before da_options)
  foreach(room IN LISTS ARGN)
    da_room_sources(${room} sources tests)
    if(sources)
      add_library(da_${room} STATIC ${sources})
      set(scope PUBLIC)
    else()
      add_library(da_${room} INTERFACE) # headers only, or nothing yet
      set(scope INTERFACE)
    endif()
    target_link_libraries(da_${room} ${scope} ${before} ${DA_LINK_${room}})
    set_property(GLOBAL PROPERTY DA_TESTS_${room} "${tests}")
    set(before da_${room})
  endforeach()
endfunction()

# da_add_shared_library(ROOM...): libdeepattribution.so from all rooms but those of the program alone.
function(da_add_shared_library)
  set(objects "")
  set(links "")
  list(REMOVE_ITEM ARGN serve cli)
  foreach(room IN LISTS ARGN)
    get_target_property(type da_${room} TYPE)
    if(type STREQUAL "STATIC_LIBRARY")
      list(APPEND objects $<TARGET_OBJECTS:da_${room}>)
    endif()
    list(APPEND links ${DA_LINK_${room}})
  endforeach()
  if(objects)
    add_library(da_shared SHARED ${objects})
    target_link_libraries(da_shared PRIVATE da_options ${links})
    set_target_properties(da_shared PROPERTIES
      OUTPUT_NAME deepattribution
      VERSION ${PROJECT_VERSION}
      SOVERSION ${PROJECT_VERSION_MAJOR}
      LINKER_LANGUAGE C
      INSTALL_RPATH "$ORIGIN/deepattribution")
  endif()
endfunction()

# da_add_program(): deepattribution, at the top of the build folder.
function(da_add_program)
  if(EXISTS ${PROJECT_SOURCE_DIR}/src/cli/main.c)
    add_executable(deepattribution src/cli/main.c)
    target_link_libraries(deepattribution PRIVATE da_cli)
    set_target_properties(deepattribution PROPERTIES INSTALL_RPATH "$ORIGIN/../${CMAKE_INSTALL_LIBDIR}/deepattribution")
  endif()
endfunction()
