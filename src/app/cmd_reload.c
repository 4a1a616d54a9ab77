/* SPDX-License-Identifier: ISC */
#include "client.h"
#include "standard.h"

#include <getopt.h>
#include <stdio.h>

extern const struct tw_command tw_cmd_reload;

static int run(int argc, char **argv)
{
    static const struct option options[] = {{"config", required_argument, NULL, 'c'}, TW_COMMAND_OPTIONS};
    const char *config = NULL;
    for (int o; (o = getopt_long(argc, argv, "c:hV", options, NULL)) != -1;) {
        switch (o) {
        case 'c': config = optarg; break;
        default: return tw_command_other(&tw_cmd_reload, o);
        }
    }
    if (optind < argc)
        return tw_command_usage(&tw_cmd_reload, "'%s' is not an option", argv[optind]);
    struct tw_client client;
    json_t *answer = NULL, *error;
    size_t i;
    int status = tw_client_find(&tw_cmd_reload, config, NULL, &client);
    if (status == TW_EXIT_OK)
        status = tw_client_ask(&client, "reload", &answer);
    if (status == TW_EXIT_OK) {
        struct tw_buf safe = {0};
        json_array_foreach(json_object_get(answer, "errors"), i, error)
        {
            tw_buf_safe(&safe, tw_str_z(json_string_value(error)));
            tw_buf_char(&safe, '\n');
        }
        if (!json_is_true(json_object_get(answer, "ok"))) {
            const char *why = json_string_value(json_object_get(answer, "error"));
            tw_buf_z(&safe, "trunkwatch reload: ");
            tw_buf_safe(&safe, tw_str_z(why != NULL ? why : "refused"));
            tw_buf_char(&safe, '\n');
            status = TW_EXIT_NOT_RIGHT;
        }
        (void)fputs(safe.n > 0 ? safe.p : "", stderr);
        tw_buf_finish(&safe);
    }
    json_decref(answer);
    tw_client_finish(&client);
    return status != TW_EXIT_OK ? status : tw_standard_close();
}

const struct tw_command tw_cmd_reload = {
    .name = "reload",
    .summary = "make the daemon read its files again, and say what is wrong with them",
    .help =
        "usage: trunkwatch reload [-c CONFIG]\n\n"
        "Makes the daemon read configuration, inventory and rules again, all or nothing. What is wrong is\n"
        "told as file:line:column, and then the exit status is 1 and everything stays as it was.\n\n"
        "  -c, --config FILE            the daemon's configuration, which names its control socket\n"
        "                               (default: the installed one)\n"
        "  -h, --help                   this text\n"
        "  -V, --version                the version\n",
    .run = run,
};
