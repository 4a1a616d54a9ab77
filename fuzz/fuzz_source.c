/* SPDX-License-Identifier: ISC */
/* Recorded input of any type: text, gzip, capture. Times never go back, and bytes stay within their limits.
 */
#include "base/err.h"
#include "source/source.h"

#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static int fd = -1;
    char path[32], why[256];
    if (fd < 0)
        fd = memfd_create("input", 0);
    TW_ASSERT(fd >= 0 && ftruncate(fd, 0) == 0 && pwrite(fd, data, size, 0) == (ssize_t)size);
    (void)snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    const char *paths[] = {path};
    struct tw_replay_source *s = tw_replay_source_open(paths, 1, &(struct tw_replay_source_options){0}, why);
    struct tw_record r;
    tw_time last = TW_TIME_MIN;
    if (s == NULL)
        return 0;
    for (tw_err err; (err = tw_replay_source_next(s, &r)) != TW_ENOENT;) {
        if (err != TW_OK)
            continue;
        TW_ASSERT(!tw_before(r.rx, last) && r.bytes.n <= TW_LINE_MAX);
        TW_ASSERT(r.at.ns == INT64_MIN || (r.at.ns <= r.rx.ns && r.rx.ns - r.at.ns <= INT64_C(30000000000)));
        last = r.rx;
    }
    tw_replay_source_close(s);
    return 0;
}
