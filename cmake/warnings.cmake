# The warnings every file of ours is compiled with, by gcc and by clang alike.
add_library(tw_warnings INTERFACE)
target_compile_options(tw_warnings INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wstrict-prototypes -Wmissing-prototypes
  -Wold-style-definition -Wundef -Wvla -Wpointer-arith -Wcast-align -Wcast-qual -Wwrite-strings -Wformat=2 -Wswitch-enum
  -Wnull-dereference -Wdouble-promotion -Wunused -Wredundant-decls -Wnested-externs)
if(TRUNKWATCH_WERROR)
  target_compile_options(tw_warnings INTERFACE -Werror)
endif()
