/* SPDX-License-Identifier: ISC */
/*
 * The core against the oracle, on random sequences. The first sequence on which they disagree is made as
 * short as it goes and printed with both lists.
 *
 * usage: oracle_test RULES-DIR [--sequences N] [--seed S] [--messages M] [--together P] [--jobs J] [--plant
 * HOLD] Sequence i depends on S + i, M and P only. It has 5 to M messages, 30 if not said, 60 at most; P of a
 * hundred come in the same moment as the one before. --plant gives the oracle another hold of no-switchover:
 * the two must disagree.
 */
#include "sequence.h"

#include "base/buf.h"
#include "base/mem.h"
#include "pipeline/pipeline.h"
#include "pipeline/rules.h"
#include "rules_dir.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define DRAIN (900 * O_SECOND)

/* One pipeline per world, made once; an empty snapshot makes it as new. */
struct core {
    struct tw_pipeline *pipeline;
    struct tw_buf empty;
};
static struct core *cores;
static struct tw_rules_text rules_text;

static void die(const struct tw_errors *e)
{
    for (size_t i = 0; i < e->n; i++)
        fprintf(stderr, "%s\n", e->text[i]);
    exit(2);
}

static struct core *core_of(int number)
{
    struct core *c = &cores[number];
    if (c->pipeline != NULL)
        return c;
    struct tw_errors errors = {0};
    struct o_world w = o_world(number);
    char text[2048];
    o_inventory(&w, text, sizeof text);
    const struct tw_topology *t = tw_topology_create("inventory.yaml", tw_str_z(text), &errors);
    struct tw_rules *rules = tw_rules_create(&rules_text, &errors);
    if (t == NULL || rules == NULL)
        die(&errors);
    c->pipeline = tw_pipeline_create(t, rules, NULL);
    tw_topology_unref(t);
    tw_pipeline_snapshot(c->pipeline, &c->empty);
    return c;
}

/* ---- the core's transitions, in the form of the oracle's */
static enum o_condition condition_of(const char *name)
{
    int c = 0;
    while (c < O_CONDITIONS && strcmp(o_condition_names[c], name) != 0)
        c++;
    return (enum o_condition)c;
}

static int member_of(const struct o_world *w, const struct tw_transition *t)
{
    if (t->trunk != NULL)
        return strcmp(t->trunk, "Eth-Trunk10") == 0 ? 0 : 1;
    return w->one_e_trunk ? 0 : (int)t->e_trunk - 1;
}

static unsigned subs_of(const struct tw_transition *t)
{
    unsigned subs = 0;
    for (size_t i = 0; i < t->sub_interfaces_n; i++) {
        const char *number = strchr(t->sub_interfaces[i], '.');
        subs |= number == NULL ? 0 : strcmp(number, ".100") == 0 ? 1u : strcmp(number, ".200") == 0 ? 2u : 4u;
    }
    return subs;
}

/* The core's text does not live as long as we need it. */
static const char *word_of(const char *cleared_by)
{
    static const char *const words[] = {"recovered", "switched-over", "removed",
                                        "restarted", "retracted",     "settled"};
    for (size_t i = 0; cleared_by != NULL && i < sizeof words / sizeof *words; i++) {
        if (strcmp(words[i], cleared_by) == 0)
            return words[i];
    }
    return cleared_by != NULL ? "(another word)" : NULL;
}

static void collect(const struct o_world *w, struct tw_pipeline *p, int step, struct o_lines *out)
{
    size_t n;
    const struct tw_transition *const *t = tw_pipeline_transitions(p, &n);
    for (size_t i = 0; i < n; i++) {
        if (out->n == O_LINES)
            abort();
        out->line[out->n++] = (struct o_line){.step = step,
                                              .kind = t[i]->kind,
                                              .condition = condition_of(t[i]->condition),
                                              .side = t[i]->device == NULL ? -1 : t[i]->device[3] - 'a',
                                              .member = member_of(w, t[i]),
                                              .subs = subs_of(t[i]),
                                              .since = t[i]->since.ns,
                                              .time = t[i]->time.ns,
                                              .cleared_by = word_of(t[i]->cleared_by)};
    }
    tw_pipeline_effects_clear(p);
}

static void restart(struct tw_pipeline *p)
{
    struct tw_buf bytes = {0};
    tw_pipeline_snapshot(p, &bytes);
    TW_ASSERT(tw_pipeline_restore(p, tw_buf_view(&bytes)) == TW_OK);
    tw_buf_finish(&bytes);
}

static int64_t end_of(const struct o_sequence *s)
{
    return s->message[s->n - 1].says.rx + DRAIN;
}

static void run_core(const struct o_sequence *s, struct o_lines *out)
{
    struct core *c = core_of(s->world_number);
    TW_ASSERT(tw_pipeline_restore(c->pipeline, tw_buf_view(&c->empty)) == TW_OK);
    out->n = 0;
    for (int i = 0; i < s->n; i++) {
        const struct o_message *m = &s->message[i];
        struct tw_record r = o_record(&s->world, m);
        r.ref.position = (uint64_t)i + 1;
        tw_pipeline_feed(c->pipeline, &r);
        collect(&s->world, c->pipeline, i, out);
        if (m->snapshot)
            restart(c->pipeline);
        if (m->advance && i + 1 < s->n) {
            int64_t gap = s->message[i + 1].says.rx - r.rx.ns;
            tw_pipeline_advance(c->pipeline, (tw_time){r.rx.ns + gap / 2});
            collect(&s->world, c->pipeline, i + 1, out);
        }
    }
    tw_pipeline_advance(c->pipeline, (tw_time){end_of(s)});
    collect(&s->world, c->pipeline, s->n, out);
}

static void run_oracle(const struct o_sequence *s, int64_t hold, struct o_lines *out)
{
    struct o_event events[O_EVENTS];
    struct o_world w = s->world;
    if (hold != 0)
        w.hold = hold;
    for (int i = 0; i < s->n; i++)
        events[i] = s->message[i].says;
    o_judge(&w, events, s->n, end_of(s), out);
}

/* ---- comparing */
static bool compared(enum o_condition c)
{
    return c != O_FLAPPING && c != O_CONDITIONS;
}

/* Leaves what is compared. */
static void tidy(struct o_lines *l)
{
    int n = 0;
    for (int i = 0; i < l->n; i++) {
        if (compared(l->line[i].condition) && l->line[i].kind != TW_UPDATED)
            l->line[n++] = l->line[i];
    }
    l->n = n;
}

static bool ended_so(const struct o_line *core, const char *by, int64_t time)
{
    return core->time == time && strcmp(core->cleared_by, by) == 0;
}

/* The core's line is this one of the oracle's. */
static bool same(const struct o_line *core, const struct o_line *oracle)
{
    if (core->step != oracle->step || core->kind != oracle->kind || core->condition != oracle->condition ||
        core->member != oracle->member || core->side != oracle->side)
        return false;
    if (core->kind == TW_RAISED)
        return core->time == oracle->time && core->subs == oracle->subs && core->since == oracle->since;
    bool ok = ended_so(core, oracle->cleared_by, oracle->time);
    for (int i = 0; i < oracle->or_else_n; i++)
        ok = ok || ended_so(core, oracle->or_else[i].by, oracle->or_else[i].time);
    return ok;
}

/* Each line of the one is a line of the other; in which order they come out after one message is left open.
 */
static bool agree(const struct o_sequence *s, int64_t hold, struct o_lines *core, struct o_lines *oracle)
{
    bool used[O_LINES] = {false};
    run_core(s, core);
    run_oracle(s, hold, oracle);
    tidy(core);
    tidy(oracle);
    for (int i = 0; i < core->n; i++) {
        int k = 0;
        while (k < oracle->n && (used[k] || !same(&core->line[i], &oracle->line[k])))
            k++;
        if (k == oracle->n)
            return false;
        used[k] = true;
    }
    return core->n == oracle->n;
}

/* ---- shrinking and printing */
static void without(const struct o_sequence *s, int i, struct o_sequence *out)
{
    *out = *s;
    memmove(&out->message[i], &out->message[i + 1], (size_t)(s->n - i - 1) * sizeof out->message[0]);
    out->n--;
}

static void shrink(struct o_sequence *s, int64_t hold)
{
    static struct o_lines core, oracle;
    static struct o_sequence less;
    bool shorter = true;
    while (shorter) {
        shorter = false;
        for (int i = s->n - 1; i >= 0 && s->n > 1; i--) {
            without(s, i, &less);
            if (o_fair(&less) && !agree(&less, hold, &core, &oracle)) {
                *s = less;
                shorter = true;
            }
        }
    }
    for (int i = 0; i < s->n; i++) {
        less = *s;
        less.message[i].snapshot = less.message[i].advance = false;
        if (!agree(&less, hold, &core, &oracle))
            *s = less;
    }
}

/* Seconds after the first arrival, with all nanoseconds. */
static const char *seconds(int64_t t, int64_t start, char buf[static 40])
{
    if (t == O_NEVER)
        return "-";
    int64_t d = t - start, abs = d < 0 ? -d : d;
    (void)snprintf(buf, 40, "%s%lld.%09lld", d < 0 ? "-" : "", (long long)(abs / O_SECOND),
                   (long long)(abs % O_SECOND));
    return buf;
}

static void print_lines(const char *who, const struct o_lines *l, int64_t start)
{
    static const char *const kinds[] = {"raised", "updated", "cleared"};
    char time[40], since[40];
    printf("%s:\n", who);
    for (int i = 0; i < l->n; i++) {
        const struct o_line *a = &l->line[i];
        printf("  after %2d: %14s %s %s pe-%c member %d", a->step, seconds(a->time, start, time),
               kinds[a->kind], o_condition_names[a->condition], a->side < 0 ? '?' : 'a' + a->side, a->member);
        if (a->subs != 0)
            printf(" %s%s%s", a->subs & 1 ? ".100 " : "", a->subs & 2 ? ".200 " : "",
                   a->subs & 4 ? ".9" : "");
        printf(" since %s %s\n", seconds(a->since, start, since), a->cleared_by != NULL ? a->cleared_by : "");
    }
}

static void print(const struct o_sequence *s, int64_t hold)
{
    static struct o_lines core, oracle;
    static char text[2048];
    int64_t start = s->message[0].says.rx;
    (void)agree(s, hold, &core, &oracle);
    o_inventory(&s->world, text, sizeof text);
    printf("inventory (world %d):\n%s\nmessages: arrival, happened\n", s->world_number, text);
    for (int i = 0; i < s->n; i++) {
        const struct o_message *m = &s->message[i];
        char rx[40], at[40];
        o_describe(&s->world, m, text, sizeof text);
        printf("  %2d: %14s %14s %s%s%s\n", i, seconds(m->says.rx, start, rx), seconds(m->says.at, start, at),
               text, m->snapshot ? " [snapshot and restore]" : "", m->advance ? " [advance]" : "");
    }
    print_lines("core", &core, start);
    print_lines("oracle", &oracle, start);
}

struct plan {
    uint64_t seed, n;
    unsigned jobs, most; /* messages in a sequence */
    unsigned together;
    tw_dur hold;
};

/* Sequences first, first + step, …: false after the first disagreement. */
static bool run(const struct plan *p, uint64_t first, uint64_t step)
{
    static struct o_lines core, oracle;
    static struct o_sequence s;
    for (uint64_t i = first; i < p->n; i += step) {
        struct random r = {(p->seed + i) * UINT64_C(0x2545f4914f6cdd1d)};
        o_generate(&r, (int)p->most, p->together, &s);
        if (agree(&s, p->hold.ns, &core, &oracle))
            continue;
        printf("seed %llu disagrees, %d messages", (unsigned long long)p->seed + i, s.n);
        shrink(&s, p->hold.ns);
        printf(", %d are enough\n", s.n);
        print(&s, p->hold.ns);
        fflush(stdout);
        return false;
    }
    return true;
}

static bool fork_jobs(const struct plan *p)
{
    bool ok = true;
    fflush(stdout);
    for (unsigned i = 0; i < p->jobs; i++) {
        pid_t pid = fork();
        if (pid == 0)
            exit(run(p, i, p->jobs) ? 0 : 1);
        ok = ok && pid > 0;
    }
    for (unsigned i = 0; i < p->jobs; i++) {
        int status = 1;
        ok = wait(&status) > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0 && ok;
    }
    return ok;
}

static bool option(struct plan *p, const char *name, const char *value)
{
    if (strcmp(name, "--sequences") == 0)
        p->n = strtoull(value, NULL, 10);
    else if (strcmp(name, "--seed") == 0)
        p->seed = strtoull(value, NULL, 10);
    else if (strcmp(name, "--messages") == 0)
        p->most = (unsigned)strtoul(value, NULL, 10);
    else if (strcmp(name, "--together") == 0)
        p->together = (unsigned)strtoul(value, NULL, 10);
    else if (strcmp(name, "--jobs") == 0)
        p->jobs = (unsigned)strtoul(value, NULL, 10);
    else
        return strcmp(name, "--plant") == 0 && tw_dur_parse(tw_str_z(value), &p->hold);
    return true;
}

int main(int argc, char **argv)
{
    struct plan p = {.seed = 1, .n = 1000, .jobs = 1, .most = 30};
    int i = 2;
    while (i + 1 < argc && option(&p, argv[i], argv[i + 1]))
        i += 2;
    if (argc < 2 || i < argc || p.jobs == 0 || p.jobs > 64 || p.most < 5 || p.most > 60) {
        fprintf(stderr,
                "usage: oracle_test RULES-DIR [--sequences N] [--seed S] [--messages M] [--together P] "
                "[--jobs J] [--plant HOLD]\n");
        return 2;
    }
    rules_text = test_read_rules(argv[1]);
    cores = tw_xcalloc((size_t)o_worlds(), sizeof *cores);
    if (!(p.jobs == 1 ? run(&p, 0, 1) : fork_jobs(&p)))
        return 1;
    printf("%llu sequences, seeds %llu to %llu: core and oracle agree\n", (unsigned long long)p.n,
           (unsigned long long)p.seed, (unsigned long long)(p.seed + p.n - 1));
    return 0;
}
