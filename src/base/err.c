/* SPDX-License-Identifier: ISC */
#include "base/err.h"

#include <stdlib.h>

const char *tw_strerror(tw_err err)
{
    switch (err) {
    case TW_OK: return "ok";
    case TW_ENOENT: return "not found";
    case TW_EINVAL: return "not valid";
    case TW_ELIMIT: return "limit reached";
    case TW_EIO: return "input/output error";
    case TW_EFORMAT: return "malformed";
    }
    return "unknown error";
}

struct tw_assert_failed tw_assert_failed;

/* A pure library may not write anywhere: what is to be told is left for the program. */
void tw_assert_fail(const char *expr, const char *file, int line)
{
    tw_assert_failed = (struct tw_assert_failed){expr, file, line};
    abort();
}
