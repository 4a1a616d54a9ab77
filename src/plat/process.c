/* SPDX-License-Identifier: ISC */
#include "plat/process.h"

#include <dirent.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

static void read_memory(struct tw_process *out)
{
    unsigned long virtual, resident;
    FILE *f = fopen("/proc/self/statm", "re");
    if (f == NULL)
        return;
    /* NOLINTNEXTLINE(cert-err34-c): the kernel wrote it */
    if (fscanf(f, "%lu %lu", &virtual, &resident) == 2) {
        uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
        out->virtual = virtual * page;
        out->resident = resident * page;
    }
    (void)fclose(f);
}

/* Without the one that is opened for this. */
static uint64_t count_fds(void)
{
    uint64_t n = 0;
    DIR *d = opendir("/proc/self/fd");
    if (d == NULL)
        return 0;
    for (const struct dirent *e; (e = readdir(d)) != NULL;)
        n += e->d_name[0] != '.';
    (void)closedir(d);
    return n > 0 ? n - 1 : 0;
}

static int64_t ns_of(struct timeval t)
{
    return (int64_t)t.tv_sec * 1000000000 + (int64_t)t.tv_usec * 1000;
}

void tw_process_read(struct tw_process *out)
{
    struct rusage usage;
    struct rlimit limit;
    *out = (struct tw_process){0};
    if (getrusage(RUSAGE_SELF, &usage) == 0)
        out->cpu.ns = ns_of(usage.ru_utime) + ns_of(usage.ru_stime);
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0)
        out->fds_max = limit.rlim_cur;
    out->fds = count_fds();
    read_memory(out);
}
