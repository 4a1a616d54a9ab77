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

void tw_assert_fail(const char *expr, const char *file, int line)
{
    /* Kept for the debugger and the core file: a pure library may not write anywhere. */
    static const char *volatile tw_assert_expr;
    static const char *volatile tw_assert_file;
    static volatile int tw_assert_line;
    tw_assert_expr = expr;
    tw_assert_file = file;
    tw_assert_line = line;
    (void)tw_assert_expr;
    (void)tw_assert_file;
    (void)tw_assert_line;
    abort();
}
