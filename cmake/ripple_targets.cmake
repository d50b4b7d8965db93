# ripple_test(NAME folder_test SOURCES a_test.cpp ... [LIBS ...] [LABELS fast])
# A GoogleTest program whose every case is a ctest case. Default label: fast.
function(ripple_test)
  cmake_parse_arguments(ARG "" "NAME" "SOURCES;LIBS;LABELS" ${ARGN})
  if(NOT ARG_LABELS)
    set(ARG_LABELS fast)
  endif()
  add_executable(${ARG_NAME} ${ARG_SOURCES})
  target_link_libraries(${ARG_NAME} PRIVATE libripple GTest::gmock GTest::gtest_main ${ARG_LIBS})
  target_compile_definitions(${ARG_NAME} PRIVATE
    RIPPLE_SOURCE_DIR="${PROJECT_SOURCE_DIR}" RIPPLE_BINARY_DIR="${PROJECT_BINARY_DIR}")
  gtest_discover_tests(${ARG_NAME} DISCOVERY_MODE PRE_TEST
    PROPERTIES LABELS "${ARG_LABELS}" TIMEOUT 600)
endfunction()
