# The version and commit that a build reports about itself. The commit is read when CMake configures.
execute_process(COMMAND git -C ${PROJECT_SOURCE_DIR} rev-parse --short=12 HEAD
                OUTPUT_VARIABLE LOCKSTEP_COMMIT OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
execute_process(COMMAND git -C ${PROJECT_SOURCE_DIR} status --porcelain --untracked-files=no
                OUTPUT_VARIABLE LOCKSTEP_DIRTY OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
if(NOT LOCKSTEP_COMMIT)
  set(LOCKSTEP_COMMIT "unknown")
elseif(LOCKSTEP_DIRTY)
  string(APPEND LOCKSTEP_COMMIT "-dirty")
endif()
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/.git/HEAD)
configure_file(${PROJECT_SOURCE_DIR}/cmake/version.hpp.in
               ${PROJECT_BINARY_DIR}/generated/lockstep_version.hpp)
include_directories(${PROJECT_BINARY_DIR}/generated)
