# How tests are registered. Labels: unit (no LibTorch), train (LibTorch), mpi, e2e, faults; units that read what comes
# from outside are also parser, which `.ci/run` tries under sanitizers.

add_custom_target(unit_tests COMMENT "Tests without LibTorch are built")
add_custom_target(parser_tests COMMENT "Tests of all that reads from outside are built")

# lockstep_label_parser(program test)
function(lockstep_label_parser program test)
  add_dependencies(parser_tests ${program})
  set_property(TEST ${test} APPEND PROPERTY LABELS parser)
endfunction()

# Most of the time of compiling a test would go to optimising what runs once; what it tests is optimised as always.
# GCC takes LibTorch's precompiled header only where __OPTIMIZE__ stands as it stood there: -O1, not -O0.
function(lockstep_compile_quickly name label)
  if(label MATCHES "^(unit|e2e)$")
    target_compile_options(${name} PRIVATE -O0)
  else()
    target_compile_options(${name} PRIVATE -O1)
  endif()
endfunction()

# lockstep_add_test_library(name SOURCES a.cpp ... LINKS lib...)  what several tests without LibTorch stand on
function(lockstep_add_test_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINKS" ${ARGN})
  add_library(${name} STATIC ${ARG_SOURCES})
  target_link_libraries(${name} PUBLIC ${ARG_LINKS} lockstep_test_main PRIVATE lockstep_warnings)
  lockstep_compile_quickly(${name} unit)
endfunction()

# lockstep_add_test(name LABEL unit SOURCES a.cpp ... LINKS lib...)  one Catch2 program, one CTest entry
function(lockstep_add_test name)
  cmake_parse_arguments(ARG "" "LABEL;TIMEOUT" "SOURCES;LINKS" ${ARGN})
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 120)
  endif()
  if(LOCKSTEP_SANITIZE)
    math(EXPR ARG_TIMEOUT "5 * ${ARG_TIMEOUT}")
  endif()
  add_executable(${name} ${ARG_SOURCES})
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR})
  target_link_libraries(${name} PRIVATE ${ARG_LINKS} lockstep_test_main lockstep_warnings)
  lockstep_compile_quickly(${name} ${ARG_LABEL})
  add_test(NAME ${name} COMMAND ${name})
  if(ARG_LABEL STREQUAL unit)
    add_dependencies(unit_tests ${name})
  endif()
  if(ARG_LABEL STREQUAL e2e)
    set_tests_properties(${name} PROPERTIES PROCESSORS 2)  # they start several processes and have deadlines
  endif()
  set_tests_properties(${name} PROPERTIES LABELS ${ARG_LABEL} TIMEOUT ${ARG_TIMEOUT}
    ENVIRONMENT "OMP_NUM_THREADS=1;OPENBLAS_NUM_THREADS=1;LOCKSTEP_SOURCE_DIR=${PROJECT_SOURCE_DIR};LOCKSTEP_BIN=${CMAKE_RUNTIME_OUTPUT_DIRECTORY}")
endfunction()

# lockstep_add_mpi_test(name RANKS 1 2 4 SOURCES ... LINKS ...)  the same program at several world sizes;
# its body reads LOCKSTEP_EXPECTED_RANKS and asserts that the world has that size.
function(lockstep_add_mpi_test name)
  cmake_parse_arguments(ARG "" "" "RANKS;SOURCES;LINKS" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR})
  target_link_libraries(${name} PRIVATE ${ARG_LINKS} MPI::MPI_C lockstep_warnings Catch2::Catch2)
  lockstep_compile_quickly(${name} mpi)
  foreach(ranks IN LISTS ARG_RANKS)
    add_test(NAME ${name}_p${ranks}
             COMMAND ${MPIEXEC_EXECUTABLE} --oversubscribe --bind-to none -n ${ranks}
                     $<TARGET_FILE:${name}>)
    set_tests_properties(${name}_p${ranks} PROPERTIES LABELS mpi TIMEOUT 180 PROCESSORS 2
      ENVIRONMENT "OMP_NUM_THREADS=1;OPENBLAS_NUM_THREADS=1;OMPI_ALLOW_RUN_AS_ROOT=1;OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1;OMPI_MCA_mpi_yield_when_idle=1;OMPI_MCA_rmaps_base_oversubscribe=1;LOCKSTEP_EXPECTED_RANKS=${ranks};LOCKSTEP_SOURCE_DIR=${PROJECT_SOURCE_DIR};ASAN_OPTIONS=detect_leaks=0")
  endforeach()
endfunction()
