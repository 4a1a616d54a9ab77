/* SPDX-License-Identifier: ISC */
#include "base/err.h"

#include <stdlib.h>

struct tw_assert_failed tw_assert_failed;

/* A pure library may not write anywhere: what is to be told is left for the program. */
void tw_assert_fail(const char *expr, const char *file, int line)
{
    tw_assert_failed = (struct tw_assert_failed){expr, file, line};
    abort();
}
