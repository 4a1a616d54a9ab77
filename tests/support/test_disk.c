/* SPDX-License-Identifier: ISC */
/*
 * Preloaded into a program under test: a disk that is slow.
 *
 * TEST_DISK_FILE  a file with a number: the milliseconds that the disk needs to make something safe. Read
 *                 anew while it is waited for, so that a test can let go of a disk that stands still
 */
#include <stdlib.h>
#include <fcntl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { SLICE_MS = 5 };

static long wanted_ms(void)
{
    const char *path = getenv("TEST_DISK_FILE");
    char text[32] = "";
    int fd = path != NULL ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    if (fd < 0)
        return 0;
    ssize_t n = read(fd, text, sizeof text - 1);
    (void)close(fd);
    return n > 0 ? strtol(text, NULL, 10) : 0;
}

static void wait_long(void)
{
    const struct timespec slice = {.tv_nsec = SLICE_MS * 1000000L};
    for (long waited = 0; waited < wanted_ms(); waited += SLICE_MS)
        (void)nanosleep(&slice, NULL);
}

int fsync(int fd)
{
    wait_long();
    return (int)syscall(SYS_fsync, fd);
}

int fdatasync(int fd)
{
    wait_long();
    return (int)syscall(SYS_fdatasync, fd);
}
