# tw_library(name FLOOR n [PURE] SOURCES … [DEPS …] [LINK …] [SYMBOLS …])
#   One room of the house: src/<name>/, public headers in src/<name>/include/<name>/. The configure step stops when a
#   library depends on a floor that is not below its own, or when a PURE library depends on one that is not pure.
#   LINK names third-party libraries; SYMBOLS the symbol prefixes of them that a PURE library may use (tests/arch).
# tw_program(name SOURCES … [DEPS …])    an executable
# tw_test(name LIB library SOURCES … [DEPS …])    a cmocka program that links the library under test
# tw_registry(out type prefix names…)    a C file with a table of the named entries: no constructors, no order bugs
include_guard(GLOBAL)

set_property(GLOBAL PROPERTY TW_LIBRARIES "")

function(tw_library name)
  cmake_parse_arguments(A "PURE" "FLOOR" "SOURCES;DEPS;LINK;SYMBOLS" ${ARGN})
  if(NOT DEFINED A_FLOOR)
    message(FATAL_ERROR "tw_library(${name}): FLOOR is missing")
  endif()
  foreach(dep IN LISTS A_DEPS)
    get_property(dep_floor GLOBAL PROPERTY TW_FLOOR_${dep})
    get_property(dep_pure GLOBAL PROPERTY TW_PURE_${dep})
    if("${dep_floor}" STREQUAL "")
      message(FATAL_ERROR "${name} (floor ${A_FLOOR}) depends on ${dep}, which is not defined (yet): a lower floor comes first")
    endif()
    if(NOT dep_floor LESS A_FLOOR)
      message(FATAL_ERROR "${name} (floor ${A_FLOOR}) may not depend on ${dep} (floor ${dep_floor})")
    endif()
    if(A_PURE AND NOT dep_pure)
      message(FATAL_ERROR "${name} is PURE and may not depend on ${dep}, which is not")
    endif()
    list(APPEND links tw_${dep})
  endforeach()
  add_library(tw_${name} STATIC ${A_SOURCES})
  target_include_directories(tw_${name} PUBLIC ${CMAKE_CURRENT_SOURCE_DIR}/include PRIVATE ${CMAKE_CURRENT_SOURCE_DIR}
                             ${CMAKE_CURRENT_BINARY_DIR})
  target_link_libraries(tw_${name} PUBLIC ${links} PRIVATE tw_warnings ${A_LINK})
  set_property(GLOBAL PROPERTY TW_FLOOR_${name} ${A_FLOOR})
  set_property(GLOBAL PROPERTY TW_PURE_${name} ${A_PURE})
  set_property(GLOBAL APPEND PROPERTY TW_LIBRARIES ${name})
  if(A_PURE)
    add_test(NAME arch.pure_symbols.${name}
             COMMAND ${CMAKE_SOURCE_DIR}/tests/arch/pure_symbols.sh ${CMAKE_NM} $<TARGET_FILE:tw_${name}> ${A_SYMBOLS})
  endif()
endfunction()

function(tw_program name)
  cmake_parse_arguments(A "" "" "SOURCES;DEPS;LINK" ${ARGN})
  add_executable(${name} ${A_SOURCES})
  list(TRANSFORM A_DEPS PREPEND tw_)
  target_link_libraries(${name} PRIVATE ${A_DEPS} ${A_LINK} tw_warnings)
  target_include_directories(${name} PRIVATE ${CMAKE_CURRENT_SOURCE_DIR})
endfunction()

function(tw_test name)
  cmake_parse_arguments(A "" "LIB" "SOURCES;DEPS;LINK" ${ARGN})
  tw_program(test_${name} SOURCES ${A_SOURCES} DEPS ${A_LIB} ${A_DEPS} LINK cmocka ${A_LINK})
  add_test(NAME unit.${name} COMMAND test_${name} WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
endfunction()

function(tw_registry out type prefix)
  set(externs "")
  set(entries "")
  foreach(n IN LISTS ARGN)
    string(APPEND externs "extern const ${type} ${prefix}${n};\n")
    string(APPEND entries "    &${prefix}${n},\n")
  endforeach()
  set(text "/* Generated from the list in CMakeLists.txt. */\n${externs}\nextern const ${type} *const ${prefix}registry[];\nconst ${type} *const ${prefix}registry[] = {\n${entries}    0,\n};\n")
  file(CONFIGURE OUTPUT ${out} CONTENT "${text}" @ONLY)
endfunction()
