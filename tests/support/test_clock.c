/* SPDX-License-Identifier: ISC */
/*
 * Preloaded into a program under test: its clocks, moved by the test.
 *
 * TEST_CLOCK_FILE  eight bytes, an int64: nanoseconds by which the wall clock is off, read anew with every
 * call TEST_CLOCK_RATE  how many times faster both clocks run, from TEST_CLOCK_REAL and TEST_CLOCK_MONO on
 * (nanoseconds); waiting in epoll_wait gets shorter by as much
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static const _Atomic int64_t *wall_offset;
static int64_t rate = 1, base_real, base_mono;

static int64_t number(const char *name)
{
    const char *text = getenv(name);
    return text != NULL ? strtoll(text, NULL, 10) : 0;
}

__attribute__((constructor)) static void begin(void)
{
    const char *path = getenv("TEST_CLOCK_FILE");
    int fd = path != NULL ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    void *page = fd >= 0 ? mmap(NULL, sizeof *wall_offset, PROT_READ, MAP_SHARED, fd, 0) : MAP_FAILED;
    if (page != MAP_FAILED)
        wall_offset = page;
    if (fd >= 0)
        (void)close(fd);
    base_real = number("TEST_CLOCK_REAL");
    base_mono = number("TEST_CLOCK_MONO");
    rate = number("TEST_CLOCK_RATE");
    if (rate < 1)
        rate = 1;
}

static int64_t faster(int64_t now, int64_t base)
{
    return base + (now - base) * rate;
}

int clock_gettime(clockid_t id, struct timespec *out)
{
    int status = (int)syscall(SYS_clock_gettime, id, out);
    int64_t now = (int64_t)out->tv_sec * 1000000000 + out->tv_nsec;
    if (status != 0)
        return status;
    switch (id) {
    case CLOCK_REALTIME:
    case CLOCK_REALTIME_COARSE:
        now = faster(now, base_real) + (wall_offset != NULL ? *wall_offset : 0);
        break;
    case CLOCK_MONOTONIC:
    case CLOCK_MONOTONIC_COARSE:
    case CLOCK_MONOTONIC_RAW:
    case CLOCK_BOOTTIME: now = faster(now, base_mono); break;
    default: return 0;
    }
    out->tv_sec = now / 1000000000;
    out->tv_nsec = now % 1000000000;
    return 0;
}

time_t time(time_t *out)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_REALTIME, &t);
    if (out != NULL)
        *out = t.tv_sec;
    return t.tv_sec;
}

int gettimeofday(struct timeval *restrict out, void *restrict zone)
{
    struct timespec t;
    (void)zone;
    (void)clock_gettime(CLOCK_REALTIME, &t);
    *out = (struct timeval){t.tv_sec, t.tv_nsec / 1000};
    return 0;
}

int epoll_wait(int fd, struct epoll_event *events, int max, int timeout_ms)
{
    if (timeout_ms > 0)
        timeout_ms = (int)((timeout_ms + rate - 1) / rate);
    return (int)syscall(SYS_epoll_pwait, fd, events, max, timeout_ms, NULL, 0);
}
