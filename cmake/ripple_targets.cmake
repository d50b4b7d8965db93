# ripple_compile_quickly(TARGET): its code is not worth the time that optimising it takes under a sanitizer, which
# is most of what ./check takes.
function(ripple_compile_quickly target)
  if(RIPPLE_SANITIZE)
    target_compile_options(${target} PRIVATE -O0)
  endif()
endfunction()

# ripple_test(NAME folder_test SOURCES a_test.cpp ... [LIBS ...] [LABELS fast] [ONE_PROCESS])
# A GoogleTest program whose every case is a ctest case; with ONE_PROCESS the program is one, for what shares a start
# that takes longer than its cases. Default label: fast.
function(ripple_test)
  cmake_parse_arguments(ARG "ONE_PROCESS" "NAME" "SOURCES;LIBS;LABELS" ${ARGN})
  if(NOT ARG_LABELS)
    set(ARG_LABELS fast)
  endif()
  add_executable(${ARG_NAME} ${ARG_SOURCES})
  target_link_libraries(${ARG_NAME} PRIVATE libripple source_folder GTest::gmock GTest::gtest_main ${ARG_LIBS})
  ripple_compile_quickly(${ARG_NAME})
  if(ARG_ONE_PROCESS)
    add_test(NAME ${ARG_NAME} COMMAND ${ARG_NAME})
    set_tests_properties(${ARG_NAME} PROPERTIES LABELS "${ARG_LABELS}" TIMEOUT 600)
  else()
    gtest_discover_tests(${ARG_NAME} DISCOVERY_MODE PRE_TEST PROPERTIES LABELS "${ARG_LABELS}" TIMEOUT 600)
  endif()
endfunction()
