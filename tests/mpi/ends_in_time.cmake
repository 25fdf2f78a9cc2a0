# cmake -DCOMMAND=a;b;c -DEXPECT=<regex of stderr> -DSTATUS=<regex of the exit status> -P ends_in_time.cmake
# Passes where the command ends within a minute with such a status, after every rank has been alive.
execute_process(COMMAND ${COMMAND} TIMEOUT 60 RESULT_VARIABLE status OUTPUT_VARIABLE output ERROR_VARIABLE output)
if(NOT output MATCHES "rank 0 is alive" OR NOT output MATCHES "rank 1 is alive")
  message(FATAL_ERROR "the ranks did not start:\n${output}")
endif()
if(NOT status MATCHES "^(${STATUS})$")
  message(FATAL_ERROR "status '${status}', expected ${STATUS}:\n${output}")
endif()
if(NOT output MATCHES "${EXPECT}")
  message(FATAL_ERROR "'${EXPECT}' is not in:\n${output}")
endif()
