/* SPDX-License-Identifier: ISC */
/*
 * Preloaded into a program under test: an allocation that fails.
 *
 * TEST_ALLOC_FAIL   which one, from 1; none without it
 * TEST_ALLOC_COUNT  a file that gets the number of allocations, when the program ends
 */
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The C library's own names behind malloc and its kin. */
/* NOLINTBEGIN(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp) */
void *__libc_malloc(size_t n);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *p, size_t n);
/* NOLINTEND(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp) */

static atomic_ulong calls;
static unsigned long fail_at;

static int fails(void)
{
    if (++calls != fail_at)
        return 0;
    errno = ENOMEM;
    return 1;
}

void *malloc(size_t n)
{
    return fails() ? NULL : __libc_malloc(n);
}

void *calloc(size_t n, size_t size)
{
    return fails() ? NULL : __libc_calloc(n, size);
}

void *realloc(void *p, size_t n)
{
    return fails() ? NULL : __libc_realloc(p, n);
}

__attribute__((constructor)) static void begin(void)
{
    const char *text = getenv("TEST_ALLOC_FAIL");
    fail_at = text != NULL ? strtoul(text, NULL, 10) : 0;
    calls = 0;
}

__attribute__((destructor)) static void end(void)
{
    const char *path = getenv("TEST_ALLOC_COUNT");
    char text[32];
    int fd = path != NULL ? open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600) : -1;
    int n = snprintf(text, sizeof text, "%lu\n", (unsigned long)calls);
    if (fd >= 0 && write(fd, text, (size_t)n) == n)
        (void)close(fd);
}
