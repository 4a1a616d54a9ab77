/* SPDX-License-Identifier: ISC */
#include "session.h"

#include "output.h"
#include "render/render.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

extern const struct tw_command tw_cmd_replay;

struct replay {
    struct tw_output out;
    bool text, colour, unknown;
    unsigned width;
};

static bool print(struct tw_session *s, void *ctx)
{
    struct replay *r = ctx;
    size_t n;
    const struct tw_transition *const *list = tw_pipeline_transitions(s->pipeline, &n);
    for (size_t i = 0; i < n; i++) {
        if (r->text) {
            tw_render_text(list[i], r->colour, r->width, &r->out.text);
            tw_buf_char(&r->out.text, '\n');
        } else {
            tw_render_json(list[i], &r->out.text);
        }
        tw_output_step(&r->out);
    }
    return !r->out.failed;
}

static void look_at_terminal(struct replay *r)
{
    struct winsize w;
    if (!isatty(STDOUT_FILENO))
        return;
    const char *no_colour = getenv("NO_COLOR");
    r->colour = no_colour == NULL || *no_colour == '\0';
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &w) == 0)
        r->width = w.ws_col;
}

/* For people, whatever the format of the transitions is: hence not among them. */
static void print_unknown(struct tw_session *s)
{
    struct tw_buf b = {0};
    struct tw_signatures unknown = tw_pipeline_signatures(s->pipeline);
    tw_render_unknown_text(&unknown, &b);
    (void)fputs(b.p, stderr);
    tw_buf_finish(&b);
}

static int run(int argc, char **argv)
{
    enum { OPT_UNKNOWN = TW_OPT_OWN + 1 };
    static const struct option options[] = {{"format", required_argument, NULL, TW_OPT_OWN},
                                            {"unknown", no_argument, NULL, OPT_UNKNOWN},
                                            TW_SESSION_OPTIONS};
    struct tw_session s = {.cmd = &tw_cmd_replay};
    struct replay r = {0};
    for (int c; (c = getopt_long(argc, argv, TW_SESSION_SHORT, options, NULL)) != -1;) {
        int status = -1;
        if (c == OPT_UNKNOWN)
            r.unknown = true;
        else if (c != TW_OPT_OWN)
            status = tw_session_option(&s, c, optarg);
        else if (strcmp(optarg, "json") == 0 || strcmp(optarg, "text") == 0)
            r.text = optarg[0] == 't';
        else
            status = tw_command_usage(s.cmd, "--format: '%s' is neither json nor text", optarg);
        if (status >= 0)
            return status;
    }
    look_at_terminal(&r);
    int status = tw_session_open(&s, (const char *const *)(argv + optind), (size_t)(argc - optind));
    if (status == TW_EXIT_OK) {
        status = tw_session_run(&s, print, &r);
        if (!tw_output_finish(&r.out))
            status = TW_EXIT_USAGE;
        if (r.unknown)
            print_unknown(&s);
        tw_session_summary(&s);
    }
    tw_session_close(&s);
    return status;
}

const struct tw_command tw_cmd_replay = {
    .name = "replay",
    .summary = "judge recorded logs and captures as the daemon would have",
    .help = "usage: trunkwatch replay -i INVENTORY [OPTION]... INPUT...\n\n"
            "Judges recorded input exactly as the daemon would have. INPUT is a text log, a .gz of one, a "
            "pcap or\n"
            "pcapng capture, or - for standard input; several are merged by time. Alert transitions go to "
            "standard\n"
            "output, a summary to standard error.\n\n" TW_SESSION_HELP
            "      --format json|text       one JSON object a line (default), or blocks for people\n"
            "      --unknown                also say, on standard error, what no rule understood\n"
            "  -h, --help                   this text\n"
            "  -V, --version                the version\n",
    .run = run,
};
