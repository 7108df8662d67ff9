# systole_library(NAME SOURCES ... PUBLIC ... PRIVATE ...): one library a room, warnings on, includes from the root.
function(systole_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;PUBLIC;PRIVATE" ${ARGN})
  add_library(${name} STATIC ${ARG_SOURCES})
  add_library(systole::${name} ALIAS ${name})
  target_include_directories(${name} PUBLIC $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}>)
  target_link_libraries(${name} PUBLIC ${ARG_PUBLIC} PRIVATE ${ARG_PRIVATE} systole_warnings)
  set_property(GLOBAL APPEND PROPERTY SYSTOLE_LIBRARIES ${name})  # for cmake/install.cmake
endfunction()

# systole_schema(NAME PROTOS ...): one library of the classes protoc makes of the .proto files of this folder, included from the root
# ("configs/machine.pb.h"); without our warnings, since nobody here writes that code.
function(systole_schema name)
  cmake_parse_arguments(ARG "" "" "PROTOS" ${ARGN})
  add_library(${name} STATIC)
  add_library(systole::${name} ALIAS ${name})
  foreach(proto ${ARG_PROTOS})
    cmake_path(RELATIVE_PATH CMAKE_CURRENT_SOURCE_DIR BASE_DIRECTORY ${PROJECT_SOURCE_DIR} OUTPUT_VARIABLE folder)
    cmake_path(GET proto STEM stem)
    set(made ${PROJECT_BINARY_DIR}/${folder}/${stem}.pb)
    add_custom_command(
      OUTPUT ${made}.cc ${made}.h
      COMMAND protobuf::protoc -I${PROJECT_SOURCE_DIR} --cpp_out=${PROJECT_BINARY_DIR} ${folder}/${proto}
      WORKING_DIRECTORY ${PROJECT_SOURCE_DIR}
      DEPENDS ${ARG_PROTOS}  # they may import one another
      VERBATIM)
    target_sources(${name} PRIVATE ${made}.cc)
  endforeach()
  target_include_directories(${name} SYSTEM PUBLIC $<BUILD_INTERFACE:${PROJECT_BINARY_DIR}>)
  target_link_libraries(${name} PUBLIC protobuf::libprotobuf)
  set_property(GLOBAL APPEND PROPERTY SYSTOLE_LIBRARIES ${name})
endfunction()

# Warnings are part of the language here; presets turn them into errors.
add_library(systole_warnings INTERFACE)
target_compile_options(systole_warnings INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor
                       -Wold-style-cast -Wcast-qual -Woverloaded-virtual -Wimplicit-fallthrough)

# systole_test(NAME SOURCES ... LIBRARIES ... [LABELS ...]): one GoogleTest program; every case becomes a CTest entry.
function(systole_test name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LIBRARIES;LABELS" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR})
  target_link_libraries(${name} PRIVATE ${ARG_LIBRARIES} systole_warnings GTest::gmock GTest::gtest_main)
  target_compile_definitions(${name} PRIVATE SYSTOLE_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
  gtest_discover_tests(${name} PROPERTIES LABELS "${ARG_LABELS}" DISCOVERY_TIMEOUT 60)
endfunction()
