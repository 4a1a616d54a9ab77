/* SPDX-License-Identifier: ISC */
#include "plat/listen_fds.h"

#include "base/str.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

enum { FIRST_FD = 3 };

static bool number_of(const char *name, uint64_t max, uint64_t *out)
{
    const char *text = getenv(name);
    return text != NULL && tw_str_u64(tw_str_z(text), max, out);
}

static void take_name(struct tw_str *rest, char name[static TW_LISTEN_NAME])
{
    size_t colon = tw_str_find(*rest, ':', 0);
    struct tw_str word = tw_str_cut(tw_str_cut(*rest, colon), TW_LISTEN_NAME - 1);
    if (word.n > 0)
        memcpy(name, word.p, word.n);
    name[word.n] = '\0';
    *rest = colon != SIZE_MAX ? tw_str_from(*rest, colon + 1) : (struct tw_str){0};
}

size_t tw_listen_fds(struct tw_listen_fd out[static TW_LISTEN_FDS_MAX])
{
    uint64_t pid, given;
    size_t n = 0;
    if (number_of("LISTEN_PID", INT32_MAX, &pid) && pid == (uint64_t)getpid() &&
        number_of("LISTEN_FDS", TW_LISTEN_FDS_MAX, &given)) {
        struct tw_str names = tw_str_z(getenv("LISTEN_FDNAMES"));
        for (n = 0; n < given; n++) {
            out[n].fd = FIRST_FD + (int)n;
            (void)fcntl(out[n].fd, F_SETFD, FD_CLOEXEC);
            take_name(&names, out[n].name);
        }
    }
    (void)unsetenv("LISTEN_PID");
    (void)unsetenv("LISTEN_FDS");
    (void)unsetenv("LISTEN_FDNAMES");
    return n;
}
