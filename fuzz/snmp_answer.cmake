tw_fuzz(snmp_answer DEPS sink usm decode LINK PkgConfig::CRYPTO)
target_include_directories(fuzz_snmp_answer PRIVATE ${CMAKE_SOURCE_DIR}/src/sink)
