/* SPDX-License-Identifier: ISC */
#include "base/buf.h"
#include "command.h"
#include "config/config.h"
#include "daemon.h"
#include "plat/fault.h"
#include "plat/log.h"
#include "setup.h"
#include "standard.h"

#include <getopt.h>
#include <signal.h>
#include <stdio.h>

enum { OPT_CHECK = 256, OPT_HELP_CONFIG };

static const char help[] =
    "usage: trunkwatchd -c FILE [OPTION]...\n\n"
    "Hears syslog and SNMP traps of E-Trunk pairs, and tells of interruptions that nothing switches over.\n"
    "Stays in the foreground and logs to standard error. SIGHUP: all files are read again, all or nothing.\n"
    "SIGUSR1: all counters are logged. SIGTERM: ends.\n\n"
    "  -c, --config FILE            the configuration (required)\n"
    "      --check                  validate everything, run every example, and end\n"
    "      --help-config            every key of the configuration, with its default\n"
    "  -v, --verbose                also log each datagram that no rule is about\n"
    "  -h, --help                   this text\n"
    "      --version                the version\n";

static int print(const char *text)
{
    (void)fputs(text, stdout);
    return tw_standard_close();
}

static int help_config(void)
{
    struct tw_config_output_type types[TW_SETUP_TYPES_MAX];
    struct tw_buf b = {0};
    tw_setup_output_types(types);
    tw_config_help(types, &b);
    int status = print(b.p);
    tw_buf_finish(&b);
    return status;
}

static int usage(const char *why)
{
    if (why != NULL)
        (void)fprintf(stderr, "trunkwatchd: %s\n", why);
    (void)fputs("Try: trunkwatchd --help\n", stderr);
    return TW_EXIT_USAGE;
}

int main(int argc, char **argv)
{
    static const struct option options[] = {{"config", required_argument, NULL, 'c'},
                                            {"check", no_argument, NULL, OPT_CHECK},
                                            {"help-config", no_argument, NULL, OPT_HELP_CONFIG},
                                            {"verbose", no_argument, NULL, 'v'},
                                            {"help", no_argument, NULL, 'h'},
                                            {"version", no_argument, NULL, 'V'},
                                            {NULL, 0, NULL, 0}};
    const char *config = NULL;
    bool check = false;
    tw_standard_hold();
    tw_fault_tell("trunkwatchd");
    (void)signal(SIGPIPE, SIG_IGN);
    for (int c; (c = getopt_long(argc, argv, "c:vhV", options, NULL)) != -1;) {
        switch (c) {
        case 'c': config = optarg; break;
        case OPT_CHECK: check = true; break;
        case OPT_HELP_CONFIG: return help_config();
        case 'v': tw_log_level(TW_LEVEL_DEBUG); break;
        case 'h': return print(help);
        case 'V': return print("trunkwatchd " TRUNKWATCH_VERSION "\n");
        default: return usage(NULL);
        }
    }
    if (optind < argc)
        return usage("no arguments are expected beside the options");
    if (config == NULL)
        return usage("a configuration is needed: -c FILE");
    if (!check)
        return tw_live_run(config);
    int status = tw_setup_check(config);
    return status != TW_EXIT_OK ? status : tw_standard_close();
}
