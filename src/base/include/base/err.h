/* SPDX-License-Identifier: ISC */
#ifndef TW_BASE_ERR_H
#define TW_BASE_ERR_H
/*
 * The one list of errors. TW_OK is 0; a function that returns tw_err lists what it can return.
 *
 * Input faults (malformed datagram, unknown message) are results with a reason, never errors of the program.
 * Bugs end in TW_ASSERT, which stays on in release builds.
 */

typedef enum tw_err {
    TW_OK = 0,
    TW_ENOENT,  /* asked for something that is not there */
    TW_EINVAL,  /* a file or an argument is not right; details are in the error list that was passed */
    TW_ELIMIT,  /* a configured cap was reached; counted where it happened */
    TW_EIO,     /* the operating system refused; errno is set */
    TW_EFORMAT, /* foreign bytes do not follow their format */
} tw_err;

#define TW_MUST_CHECK __attribute__((warn_unused_result))
/* For the rare part of what every record passes: its variables shall not make the frame of the rest large. */
#define TW_APART      __attribute__((noinline))

/* What ended the program, for who tells it (plat/fault.h); NULL: nothing did. */
struct tw_assert_failed {
    const char *expr, *file;
    int line;
};
extern struct tw_assert_failed tw_assert_failed;

_Noreturn void tw_assert_fail(const char *expr, const char *file, int line);
#define TW_ASSERT(e) ((e) ? (void)0 : tw_assert_fail(#e, __FILE__, __LINE__))

#endif
