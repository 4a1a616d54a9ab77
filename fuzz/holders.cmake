tw_fuzz(holders DEPS sink LINK PkgConfig::JANSSON PkgConfig::EVENT PkgConfig::CRYPTO)
target_include_directories(fuzz_holders PRIVATE ${CMAKE_SOURCE_DIR}/src/sink)
