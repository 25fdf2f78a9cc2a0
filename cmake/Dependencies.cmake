# Every third-party package, found once, here. Nothing is downloaded.

find_package(Threads REQUIRED)
find_package(PkgConfig REQUIRED)
find_package(fmt REQUIRED)
find_package(nlohmann_json 3.11 REQUIRED)
find_package(OpenSSL REQUIRED)
find_package(ZLIB REQUIRED)
find_package(LibArchive REQUIRED)
find_package(yaml-cpp REQUIRED)
find_package(CLI11 REQUIRED)
find_package(SQLiteCpp REQUIRED)
find_package(simdjson REQUIRED)
find_package(Boost 1.74 REQUIRED COMPONENTS filesystem)
pkg_check_modules(XXHASH REQUIRED IMPORTED_TARGET libxxhash)

if(LOCKSTEP_TRAINER)
  find_package(JPEG REQUIRED)  # libjpeg-turbo: partial decoding is its own
  find_package(MPI REQUIRED COMPONENTS C)
  find_package(Torch REQUIRED)
endif()

if(LOCKSTEP_TESTS)
  find_package(Catch2 2.13 REQUIRED)
  find_package(rapidcheck REQUIRED)
endif()
