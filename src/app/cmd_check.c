/* SPDX-License-Identifier: ISC */
#include "command.h"

#include "base/buf.h"
#include "load.h"
#include "standard.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <limits.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern const struct tw_command tw_cmd_check;

/* Not an error: the routers accept it, and so do we. But somebody should know. */
static void warn_profiles(const char *path, const struct tw_pair *p)
{
    static const char *const modes[] = {"hot", "warm", "virtual"};
    for (size_t i = 0; i < p->profiles_n; i++) {
        const struct tw_profile *r = &p->profiles[i];
        if (!tw_profile_fits(r))
            (void)printf("%s:%u:%u: warning: mode-ineffective: mode '%s' of backup profile '%s' does not fit "
                         "its services, "
                         "expected hot%s\n",
                         path, r->line, r->column, modes[r->mode], r->name,
                         r->mode == TW_BACKUP_VIRTUAL ? " (virtual is for bras only)"
                                                      : " (warm fits no service)");
    }
}

/* What was found right goes to `good`: it is told only when all is. */
static int check_inventory(const char *path, struct tw_buf *good)
{
    const struct tw_topology *t = NULL;
    int status = tw_load_inventory(path, &t);
    if (status != TW_EXIT_OK)
        return status;
    tw_buf_fmt(good, "%s: %zu devices, %zu pairs, %zu E-Trunks, %zu members\n", path, t->devices_n,
               t->pairs_n, t->e_trunks_n, t->members_n);
    for (size_t i = 0; i < t->pairs_n; i++)
        warn_profiles(path, &t->pairs[i]);
    tw_topology_unref(t);
    return TW_EXIT_OK;
}

static int check_rules(const char *dir, struct tw_buf *good)
{
    struct tw_rules *rules = NULL;
    size_t examples = 0;
    int status = tw_load_rules(dir, true, &examples, &rules);
    if (status == TW_EXIT_OK) {
        struct tw_rules_stats s = tw_rules_stats(rules);
        tw_buf_fmt(good, "%s: %zu event rules, %zu conditions, %zu hints; %zu examples hold\n",
                   dir != NULL ? dir : tw_load_rules_dir(), s.events, s.conditions, s.hints, examples);
    }
    tw_rules_destroy(rules);
    return status;
}

/* The daemon is installed, and built, beside this program. */
static bool find_daemon(char path[static PATH_MAX])
{
    static const char name[] = "trunkwatchd";
    ssize_t n = readlink("/proc/self/exe", path, PATH_MAX - 1);
    path[n > 0 ? n : 0] = '\0';
    const char *slash = strrchr(path, '/');
    size_t folder = slash != NULL ? (size_t)(slash - path) + 1 : 0;
    bool fits = folder > 0 && folder + sizeof name <= PATH_MAX;
    memcpy(fits ? path + folder : path, name, sizeof name);
    return fits;
}

/* Only the daemon knows its outputs: their libraries load dozens of others, and every command of this program
 * would wait for them. Without `tell` only what is wrong is said. */
static int check_config(const char *config, bool tell)
{
    char daemon[PATH_MAX];
    const char *const words[] = {"trunkwatch", "--check", "-c", config, NULL};
    posix_spawn_file_actions_t files;
    pid_t pid = 0;
    int ended = 0, error = find_daemon(daemon) ? posix_spawn_file_actions_init(&files) : ENOENT;
    if (error == 0) {
        if (!tell)
            (void)posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
        error = posix_spawn(&pid, daemon, &files, NULL, (char *const *)(uintptr_t)words, environ);
        (void)posix_spawn_file_actions_destroy(&files);
    }
    if (error != 0) {
        (void)fprintf(stderr, "trunkwatch: %s checks a configuration, and can't be run: %s\n", daemon,
                      strerror(error));
        return TW_EXIT_USAGE;
    }
    while (waitpid(pid, &ended, 0) < 0 && errno == EINTR)
        ;
    return WIFEXITED(ended) ? WEXITSTATUS(ended) : TW_EXIT_USAGE;
}

static int worse(int a, int b)
{
    return a > b ? a : b;
}

static int run(int argc, char **argv)
{
    static const struct option options[] = {{"config", required_argument, NULL, 'c'},
                                            {"inventory", required_argument, NULL, 'i'},
                                            {"rules", required_argument, NULL, 'r'},
                                            TW_COMMAND_OPTIONS};
    const char *config = NULL, *inventory = NULL, *rules = NULL;
    for (int c; (c = getopt_long(argc, argv, "c:i:r:hV", options, NULL)) != -1;) {
        switch (c) {
        case 'c': config = optarg; break;
        case 'i': inventory = optarg; break;
        case 'r': rules = optarg; break;
        default: return tw_command_other(&tw_cmd_check, c);
        }
    }
    if (optind < argc)
        return tw_command_usage(&tw_cmd_check, "'%s' is not an option: files follow -c, -i or -r",
                                argv[optind]);
    struct tw_buf good = {0};
    int status = TW_EXIT_OK;
    if (inventory != NULL)
        status = check_inventory(inventory, &good);
    if (rules != NULL || config == NULL)
        status = worse(status, check_rules(rules, &good));
    if (config != NULL)
        status = worse(status, check_config(config, status == TW_EXIT_OK));
    if (status == TW_EXIT_OK && good.n > 0)
        (void)fwrite(good.p, 1, good.n, stdout);
    tw_buf_finish(&good);
    return worse(status, tw_standard_close());
}

const struct tw_command tw_cmd_check = {
    .name = "check",
    .summary = "validate files, and run every example that the rules carry",
    .help = "usage: trunkwatch check [-c CONFIG] [-i INVENTORY] [-r RULES]\n\n"
            "Validates files and runs every example that the rules carry. Without -c and -r: the installed "
            "rules.\n"
            "Errors are told as file:line:column.\n\n"
            "  -c, --config FILE            the daemon's configuration, and what it names, as\n"
            "                               trunkwatchd --check does\n"
            "  -i, --inventory FILE         devices and pairs\n"
            "  -r, --rules DIR              event rules, conditions, hints\n"
            "  -h, --help                   this text\n"
            "  -V, --version                the version\n",
    .run = run,
};
