tw_fuzz(usm SOURCES ${CMAKE_SOURCE_DIR}/tests/support/usm_make.c DEPS source decode LINK PkgConfig::CRYPTO)
target_include_directories(fuzz_usm PRIVATE ${CMAKE_SOURCE_DIR}/src/source ${CMAKE_SOURCE_DIR}/tests/support)
