/* SPDX-License-Identifier: ISC */
/*
 * Runs a command and writes what it cost: {"wall", "user", "system" (s), "rss" (KiB), "status"}.
 *
 * A program of its own because a child's peak memory is never less than its parent's was: this one is small.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static volatile sig_atomic_t child, late;

static void stop(int sig)
{
    if (sig == SIGALRM)
        late = 1;
    if (child > 0)
        kill((pid_t)child, sig == SIGALRM ? SIGKILL : sig);
}

static void redirect(const char *path, int fd)
{
    int f = open(path, fd == 0 ? O_RDONLY : O_WRONLY | O_CREAT | O_TRUNC, 0666);
    if (f < 0 || dup2(f, fd) < 0) {
        fprintf(stderr, "%s: %s\n", path, strerror(errno));
        _exit(127);
    }
}

static double seconds(struct timeval t)
{
    return (double)t.tv_sec + (double)t.tv_usec / 1e6;
}

static int report(const char *path, double wall, const struct rusage *u, int status)
{
    FILE *f = fopen(path, "w");
    if (f == NULL) {
        fprintf(stderr, "%s: %s\n", path, strerror(errno));
        return 2;
    }
    fprintf(
        f, "{\"wall\": %.6f, \"user\": %.6f, \"system\": %.6f, \"rss\": %ld, \"status\": %d, \"late\": %s}\n",
        wall, seconds(u->ru_utime), seconds(u->ru_stime), u->ru_maxrss,
        WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status), late ? "true" : "false");
    return fclose(f) == 0 ? 0 : 2;
}

int main(int argc, char **argv)
{
    const char *path[3] = {"/dev/null", "/dev/null", NULL};
    unsigned limit = 600;
    for (int c; (c = getopt(argc, argv, "+i:o:e:t:")) != -1;) {
        switch (c) {
        case 'i': path[0] = optarg; break;
        case 'o': path[1] = optarg; break;
        case 'e': path[2] = optarg; break;
        case 't': limit = (unsigned)atoi(optarg); break;
        default: return 2;
        }
    }
    if (argc - optind < 2) {
        fputs("usage: measure [-i INPUT] [-o OUTPUT] [-e ERRORS] [-t SECONDS] RESULT COMMAND [ARGUMENT]...\n",
              stderr);
        return 2;
    }
    struct sigaction sa = {.sa_handler = stop};
    sigaction(SIGALRM, &sa, NULL);
    sigaction(SIGTERM, &sa, NULL);
    sigaction(SIGINT, &sa, NULL);
    struct timespec a, b;
    clock_gettime(CLOCK_MONOTONIC, &a);
    pid_t pid = fork();
    if (pid == 0) {
        for (int fd = 0; fd < 3; fd++)
            if (path[fd] != NULL)
                redirect(path[fd], fd);
        execvp(argv[optind + 1], argv + optind + 1);
        fprintf(stderr, "%s: %s\n", argv[optind + 1], strerror(errno));
        _exit(127);
    }
    if (pid < 0) {
        perror("fork");
        return 2;
    }
    child = pid;
    alarm(limit);
    struct rusage u;
    int status;
    while (wait4(pid, &status, 0, &u) < 0)
        if (errno != EINTR)
            return 2;
    clock_gettime(CLOCK_MONOTONIC, &b);
    return report(argv[optind], (double)(b.tv_sec - a.tv_sec) + (double)(b.tv_nsec - a.tv_nsec) / 1e9, &u,
                  status);
}
