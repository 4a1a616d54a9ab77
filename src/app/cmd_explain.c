/* SPDX-License-Identifier: ISC */
#include "session.h"

#include "base/buf.h"
#include "base/mem.h"
#include "output.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

extern const struct tw_command tw_cmd_explain;

/* A line of the explanation, kept until it is known whether it belongs to the alert that was asked for. */
struct note {
    char alert_id[TW_ALERT_ID];
    char *about; /* condition and subject; of a transition all of them, each on a line */
    char *text;
};

struct explain {
    struct tw_output out;
    const char *alert, *subject;
    struct note *notes;
    size_t n, cap, matched;
    uint32_t unused[TW_COUNTERS]; /* lines told of, per reason */
};

static void place(const struct tw_session *s, const struct tw_record_ref *ref, struct tw_buf *b)
{
    if (ref->position == 0)
        tw_buf_z(b, "timer");
    else
        tw_buf_fmt(b, "%s:%" PRIu64, tw_replay_source_name(s->source, ref->input), ref->position);
}

static void evidence(const struct tw_session *s, const struct tw_evidence_line *lines, size_t n,
                     struct tw_buf *b)
{
    char time[TW_TIME_TEXT];
    for (size_t i = 0; i < n; i++) {
        const struct tw_evidence_line *l = &lines[i];
        tw_buf_fmt(b, "    %s  ", tw_time_text(l->time, time));
        place(s, &l->ref, b);
        tw_buf_fmt(b, "  %s %s, rule %s: %s\n", l->device, tw_source_name(l->source),
                   l->rule != NULL ? l->rule : "-", l->text);
    }
}

static bool holds(const char *text, const char *part)
{
    return strcasestr(text, part) != NULL;
}

static void add(struct explain *e, const char *alert_id, const char *about, struct tw_buf *text)
{
    if (e->alert == NULL) {
        tw_buf_str(&e->out.text, tw_buf_view(text));
        tw_output_step(&e->out);
        e->matched++;
        return;
    }
    struct note *n = TW_PUSH(e->notes, e->n, e->cap);
    (void)snprintf(n->alert_id, sizeof n->alert_id, "%s", alert_id != NULL ? alert_id : "");
    n->about = tw_xstrndup(about, strlen(about));
    n->text = tw_xstrndup(text->p, text->n);
}

static void trace(struct tw_session *s, struct explain *e, const struct tw_trace *t)
{
    char time[TW_TIME_TEXT];
    struct tw_buf line = {0}, about = {0};
    const char *condition = t->condition != NULL ? t->condition : "-",
               *subject = t->subject != NULL ? t->subject : "-";
    if (e->subject != NULL && !holds(subject, e->subject))
        return;
    tw_buf_fmt(&about, "%s %s", condition, subject);
    tw_buf_fmt(&line, "%s  ", tw_time_text(t->time, time));
    place(s, &t->ref, &line);
    tw_buf_fmt(&line, "  %s  %s: %s", condition, subject, t->text);
    if (t->alert_id != NULL)
        tw_buf_fmt(&line, "  [%s]", t->alert_id);
    tw_buf_char(&line, '\n');
    evidence(s, t->evidence, t->evidence_n, &line);
    add(e, t->alert_id, about.p, &line);
    tw_buf_finish(&line);
    tw_buf_finish(&about);
}

static bool concerns(const struct tw_transition *t, const char *subject)
{
    if (subject == NULL || (t->device != NULL && holds(t->device, subject)) ||
        (t->trunk != NULL && holds(t->trunk, subject)))
        return true;
    for (size_t i = 0; i < t->sub_interfaces_n; i++) {
        struct tw_buf b = {0};
        tw_buf_fmt(&b, "%s %s", t->device != NULL ? t->device : "", t->sub_interfaces[i]);
        bool yes = holds(b.p, subject);
        tw_buf_finish(&b);
        if (yes)
            return true;
    }
    return false;
}

static void transition(struct tw_session *s, struct explain *e, const struct tw_transition *t)
{
    char time[TW_TIME_TEXT];
    struct tw_buf b = {0};
    if (!concerns(t, e->subject))
        return;
    tw_buf_fmt(&b, "%s  %s  %s: %s  [%s]\n", tw_time_text(t->time, time), tw_transition_name(t->kind),
               t->condition, t->summary, t->alert_id);
    evidence(s, t->evidence, t->evidence_n, &b);
    struct tw_buf about = {0};
    for (size_t i = 0; t->trunk != NULL && i <= t->sub_interfaces_n; i++)
        tw_buf_fmt(&about, "%s %s %s\n", t->condition, t->device != NULL ? t->device : "-",
                   i < t->sub_interfaces_n ? t->sub_interfaces[i] : t->trunk);
    tw_buf_add(&about, "", 0);
    add(e, t->alert_id, about.p, &b);
    tw_buf_finish(&about);
    tw_buf_finish(&b);
}

static bool effects(struct tw_session *s, void *ctx)
{
    struct explain *e = ctx;
    size_t n, m, k = 0;
    const struct tw_trace *const *traces = tw_pipeline_traces(s->pipeline, &n);
    const struct tw_transition *const *transitions = tw_pipeline_transitions(s->pipeline, &m);
    for (size_t i = 0; i < n; i++) {
        for (; k < m && tw_before(transitions[k]->time, traces[i]->time); k++)
            transition(s, e, transitions[k]);
        trace(s, e, traces[i]);
    }
    for (; k < m; k++)
        transition(s, e, transitions[k]);
    return !e->out.failed;
}

/* A line that became no event: the first few of each reason, or those that name the subject. */
static void unused(struct tw_session *s, void *ctx, const struct tw_record *r, enum tw_counter why)
{
    enum { FIRST = 5, TEXT = 160 };
    struct explain *e = ctx;
    struct tw_buf text = {0}, line = {0};
    tw_buf_safe(&text, r->transport == TW_TRANSPORT_TRAP ? TW_STR("(a trap)") : tw_str_cut(r->bytes, 4096));
    bool named = e->subject != NULL && text.n > 0 && holds(text.p, e->subject);
    bool noise = why == TW_COUNT_NO_RULE || why == TW_COUNT_NOT_VRP;
    if (e->alert == NULL && (named || (e->subject == NULL && !noise)) && e->unused[why]++ < FIRST) {
        char from[TW_ADDR_TEXT];
        place(s, &r->ref, &line);
        tw_buf_fmt(&line, "  %s: %s", tw_counter_name(why), tw_counter_help(why));
        if (r->from.family != 0)
            tw_buf_fmt(&line, "; from %s", tw_addr_text(&r->from, from));
        tw_buf_fmt(&line, "\n    %.*s%s\n", TW_STR_ARG(tw_str_cut(tw_buf_view(&text), TEXT)),
                   text.n > TEXT ? "…" : "");
        add(e, NULL, "", &line);
    }
    tw_buf_finish(&text);
    tw_buf_finish(&line);
}

static bool is_alert(const struct explain *e, const struct note *n)
{
    return n->alert_id[0] != '\0' && strncmp(n->alert_id, e->alert, strlen(e->alert)) == 0;
}

static bool is_line_of(const char *lines, const char *line)
{
    size_t n = strlen(line);
    for (const char *p = lines; (p = strstr(p, line)) != NULL; p++) {
        if ((p == lines || p[-1] == '\n') && (p[n] == '\n' || p[n] == '\0'))
            return true;
    }
    return false;
}

/* The alert's own notes, and what was said about the same things before it had a name. */
static void print_alert(struct explain *e)
{
    struct tw_buf about = {0};
    tw_buf_add(&about, "", 0);
    for (size_t i = 0; i < e->n; i++) {
        if (is_alert(e, &e->notes[i]) && !is_line_of(about.p, e->notes[i].about))
            tw_buf_fmt(&about, "%s\n", e->notes[i].about);
    }
    for (size_t i = 0; i < e->n; i++) {
        struct note *n = &e->notes[i];
        if (is_alert(e, n) || (n->alert_id[0] == '\0' && is_line_of(about.p, n->about))) {
            tw_buf_z(&e->out.text, n->text);
            e->matched++;
        }
        free(n->about);
        free(n->text);
    }
    free(e->notes);
    tw_buf_finish(&about);
}

/* What did not become an event can't have been judged: say how much that was, and why. */
static void print_losses(const struct tw_session *s)
{
    for (int c = 0; c < TW_COUNTERS; c++) {
        const char *name = tw_counter_name((enum tw_counter)c);
        uint64_t n = tw_pipeline_counter(s->pipeline, (enum tw_counter)c);
        if (n > 0 && (strncmp(name, "ignored_", 8) == 0 || strncmp(name, "malformed_", 10) == 0))
            (void)fprintf(stderr, "%s=%" PRIu64 ": %s\n", name, n, tw_counter_help((enum tw_counter)c));
    }
}

enum { OPT_ALERT = TW_OPT_OWN, OPT_SUBJECT };

static int explain(struct tw_session *s, struct explain *e, char **inputs, int n)
{
    int status = tw_session_open(s, (const char *const *)inputs, (size_t)n);
    if (status != TW_EXIT_OK)
        return status;
    s->unused = unused;
    status = tw_session_run(s, effects, e);
    if (e->alert != NULL)
        print_alert(e);
    if (!tw_output_finish(&e->out))
        return TW_EXIT_USAGE;
    if (e->matched == 0 && status == TW_EXIT_OK) {
        (void)fprintf(stderr, "trunkwatch: nothing was judged about %s\n",
                      e->alert != NULL     ? e->alert
                      : e->subject != NULL ? e->subject
                                           : "anything in the inventory");
        status = TW_EXIT_NOT_RIGHT;
    }
    print_losses(s);
    tw_session_summary(s);
    return status;
}

static int run(int argc, char **argv)
{
    static const struct option options[] = {{"alert", required_argument, NULL, OPT_ALERT},
                                            {"subject", required_argument, NULL, OPT_SUBJECT},
                                            TW_SESSION_OPTIONS};
    struct tw_session s = {.cmd = &tw_cmd_explain, .trace = true};
    struct explain e = {0};
    for (int c; (c = getopt_long(argc, argv, TW_SESSION_SHORT, options, NULL)) != -1;) {
        int status = -1;
        if (c == OPT_ALERT)
            e.alert = optarg;
        else if (c == OPT_SUBJECT)
            e.subject = optarg;
        else
            status = tw_session_option(&s, c, optarg);
        if (status >= 0)
            return status;
    }
    int status = explain(&s, &e, argv + optind, argc - optind);
    tw_session_close(&s);
    return status;
}

const struct tw_command tw_cmd_explain = {
    .name = "explain",
    .summary = "say why an alert fired, or why a fault raised none",
    .help =
        "usage: trunkwatch explain -i INVENTORY [OPTION]... INPUT...\n\n"
        "Replays recorded input and says, step by step, what was concluded from which line (file:line), by\n"
        "which rule. Without --alert or --subject it tells everything, in order.\n\n" TW_SESSION_HELP
        "      --alert ID               only what led to this alert (the beginning of its id is enough)\n"
        "      --subject TEXT           only what is about this, as Eth-Trunk10.100 or 'pe-a Eth-Trunk10'\n"
        "  -h, --help                   this text\n"
        "  -V, --version                the version\n",
    .run = run,
};
