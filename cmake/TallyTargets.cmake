# tally_library(rating SOURCES a.cpp b.cpp DEPS base model [LIBS fmt::fmt ...])
#   One static library a folder of src/, named tally_<folder>; DEPS are our folders, LIBS are third-party.
#   LIBS are private: third-party types stay in .cpp files.
function(tally_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPS;LIBS" ${ARGN})
  add_library(tally_${name} STATIC ${ARG_SOURCES})
  target_include_directories(tally_${name} PUBLIC ${CMAKE_SOURCE_DIR}/src)
  target_link_libraries(tally_${name} PRIVATE tally_flags ${ARG_LIBS})
  foreach(dep ${ARG_DEPS})
    target_link_libraries(tally_${name} PUBLIC tally_${dep})
  endforeach()
  add_dependencies(tally_${name} check_layers)
endfunction()

# tally_unit_test(rating SOURCES a_test.cpp ... [DEPS state] [LIBS ...] [LABELS ...])
#   One program a folder of tests/unit/, run by ctest as unit.<folder>.
function(tally_unit_test name)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPS;LIBS;LABELS" ${ARGN})
  add_executable(unit_${name} ${ARG_SOURCES})
  target_include_directories(unit_${name} PRIVATE ${CMAKE_SOURCE_DIR}/tests)
  target_link_libraries(unit_${name} PRIVATE tally_flags tally_${name} ${ARG_LIBS} GTest::gtest GTest::gmock GTest::gtest_main)
  foreach(dep ${ARG_DEPS})
    target_link_libraries(unit_${name} PRIVATE tally_${dep})
  endforeach()
  add_test(NAME unit.${name} COMMAND unit_${name} --gtest_brief=1 WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
  set_tests_properties(unit.${name} PROPERTIES LABELS "unit;${ARG_LABELS}" TIMEOUT 300)
endfunction()

# The build itself fails on an include against the layers.
file(GLOB_RECURSE _layered CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/*.cpp ${CMAKE_SOURCE_DIR}/src/*.hpp)
add_custom_command(
  OUTPUT ${CMAKE_BINARY_DIR}/layers.checked
  COMMAND python3 ${CMAKE_SOURCE_DIR}/tools/check_layers.py ${CMAKE_SOURCE_DIR}/tools/layers.txt ${CMAKE_SOURCE_DIR}/src
  COMMAND ${CMAKE_COMMAND} -E touch ${CMAKE_BINARY_DIR}/layers.checked
  DEPENDS ${_layered} ${CMAKE_SOURCE_DIR}/tools/check_layers.py ${CMAKE_SOURCE_DIR}/tools/layers.txt
  COMMENT "Checking the layers" VERBATIM)
add_custom_target(check_layers DEPENDS ${CMAKE_BINARY_DIR}/layers.checked)
