# ripple_compile_quickly(TARGET): its code is not worth the time that optimising it takes under a sanitizer, which
# is most of what ./check takes.
function(ripple_compile_quickly target)
  if(RIPPLE_SANITIZE)
    target_compile_options(${target} PRIVATE -O0)
  endif()
endfunction()

# ripple_test(NAME folder_test SOURCES a_test.cpp ... [LIBS ...] [LABELS fast])
# A GoogleTest program whose every case is a ctest case. Default label: fast.
function(ripple_test)
  cmake_parse_arguments(ARG "" "NAME" "SOURCES;LIBS;LABELS" ${ARGN})
  if(NOT ARG_LABELS)
    set(ARG_LABELS fast)
  endif()
  add_executable(${ARG_NAME} ${ARG_SOURCES})
  target_link_libraries(${ARG_NAME} PRIVATE libripple source_folder GTest::gmock GTest::gtest_main ${ARG_LIBS})
  ripple_compile_quickly(${ARG_NAME})
  gtest_discover_tests(${ARG_NAME} DISCOVERY_MODE PRE_TEST
    PROPERTIES LABELS "${ARG_LABELS}" TIMEOUT 600)
endfunction()
