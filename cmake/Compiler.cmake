# Warnings, sanitizers, ccache, and the function that every library of the project is made with.

if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "Build type" FORCE)
endif()

find_program(CCACHE_PROGRAM ccache)
if(CCACHE_PROGRAM)
  # A precompiled header is only cached with these two allowances (ccache manual, "Precompiled headers").
  set(CMAKE_CXX_COMPILER_LAUNCHER
      ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros ${CCACHE_PROGRAM})
endif()

# -Wrestrict and -Wmaybe-uninitialized cry wolf over std::string in GCC 12 (bugs 105329, 105562); designated
# initialisers leave out what stands at its default.
add_library(lockstep_warnings INTERFACE)
target_compile_options(lockstep_warnings INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wnon-virtual-dtor
  -Wold-style-cast -Wno-missing-field-initializers -Wno-restrict
  -Wno-maybe-uninitialized $<$<BOOL:${LOCKSTEP_WERROR}>:-Werror>)

# Clang knows neither of two warnings that are silenced for GCC.
if(CMAKE_CXX_COMPILER_ID MATCHES Clang)
  target_compile_options(lockstep_warnings INTERFACE -Wno-unknown-warning-option)
endif()

if(LOCKSTEP_SANITIZE)
  add_compile_options(-fsanitize=${LOCKSTEP_SANITIZE} -fno-sanitize-recover=all
                      -fno-omit-frame-pointer -fno-pie -g1 -Og)
  add_link_options(-fsanitize=${LOCKSTEP_SANITIZE} -no-pie)
endif()

# lockstep_add_library(name SOURCES a.cpp ... LINKS public... PRIVATE_LINKS hidden...)
function(lockstep_add_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINKS;PRIVATE_LINKS" ${ARGN})
  add_library(${name} STATIC ${ARG_SOURCES})
  target_include_directories(${name} PUBLIC ${PROJECT_SOURCE_DIR})
  target_link_libraries(${name} PUBLIC ${ARG_LINKS} PRIVATE ${ARG_PRIVATE_LINKS} lockstep_warnings)
endfunction()
