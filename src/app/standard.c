/* SPDX-License-Identifier: ISC */
#include "standard.h"

#include "command.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Opened the wrong way round, it still fails when it is used. */
void tw_standard_hold(void)
{
    for (int fd = 0; fd <= 2; fd++) {
        if (fcntl(fd, F_GETFD) < 0)
            (void)open("/dev/null", fd == 0 ? O_WRONLY : O_RDONLY);
    }
}

int tw_standard_close(void)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return TW_EXIT_OK;
    (void)fprintf(stderr, "%s: standard output: %s\n", program_invocation_short_name, strerror(errno));
    return TW_EXIT_USAGE;
}
