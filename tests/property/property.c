/* SPDX-License-Identifier: ISC */
/*
 * Properties that must hold for every recorded scenario: the same records give the same bytes, however often
 * the clock is advanced between them, with the same rules reloaded at any record, with a snapshot taken and
 * restored at any record, and after a recovery at any record: from an old snapshot, the records that had to
 * be kept since, and digests of the others.
 *
 * usage: property RULES-DIR FOLDER…
 */
#include "base/mem.h"
#include "pipeline/pipeline.h"
#include "pipeline/rules.h"
#include "render/render.h"
#include "rules_dir.h"
#include "source/source.h"

#include <dirent.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <utime.h>

struct kept {
    struct tw_record r; /* without what the source found out */
    char *bytes;
    uint32_t sender; /* what it found out, but for what borrows from it */
    struct tw_glance glance;
};

struct scenario {
    const char *folder;
    const struct tw_topology *topology;
    struct kept *records;
    size_t n, cap;
    json_t *expect;
    bool drain;
    struct tw_rules *told_by; /* the rules that the source had; the run that is told takes them */
};

static void die(const struct tw_errors *e)
{
    for (size_t i = 0; i < e->n; i++)
        (void)fprintf(stderr, "%s\n", e->text[i]);
    exit(2);
}

static struct tw_rules *compile(const struct tw_rules_text *text, const struct scenario *s)
{
    struct tw_errors errors = {0};
    struct tw_rules *r = tw_rules_create(text, &errors);
    json_t *args = json_object_get(s->expect, "args"), *arg;
    size_t i;
    if (r == NULL)
        die(&errors);
    json_array_foreach(args, i, arg)
    {
        const char *a = json_string_value(arg), *eq;
        if (a != NULL && i > 0 && strcmp(json_string_value(json_array_get(args, i - 1)), "--hold") == 0 &&
            (eq = strchr(a, '=')) != NULL) {
            tw_dur d;
            if (tw_dur_parse(tw_str_z(eq + 1), &d))
                (void)tw_rules_hold(r, tw_str_of(a, (size_t)(eq - a)), d);
        }
    }
    return r;
}

static int year_of(const struct scenario *s)
{
    json_t *args = json_object_get(s->expect, "args"), *arg;
    size_t i;
    json_array_foreach(args, i, arg)
    {
        if (i > 0 && strcmp(json_string_value(json_array_get(args, i - 1)), "--year") == 0)
            return (int)strtol(json_string_value(arg), NULL, 10);
    }
    return 0;
}

static void load(struct scenario *s, const struct tw_rules_text *text)
{
    char path[4096];
    const char *inputs[16];
    size_t inputs_n = 0;
    struct tw_errors errors = {0};
    (void)snprintf(path, sizeof path, "%s/inventory.yaml", s->folder);
    struct tw_str inventory = test_read_file(path);
    s->topology = tw_topology_create("inventory.yaml", inventory, &errors);
    free((void *)(uintptr_t)inventory.p);
    if (s->topology == NULL)
        die(&errors);
    (void)snprintf(path, sizeof path, "%s/expect.json", s->folder);
    s->expect = json_load_file(path, 0, NULL);
    s->drain = true;
    struct dirent **all;
    int n = scandir(s->folder, &all, NULL, alphasort);
    time_t mtime = (time_t)json_integer_value(json_object_get(s->expect, "mtime"));
    for (int i = 0; i < n; i++) {
        if (strncmp(all[i]->d_name, "input", 5) == 0 && inputs_n < 16) {
            (void)snprintf(path, sizeof path, "%s/%s", s->folder, all[i]->d_name);
            if (mtime != 0)
                (void)utime(path, &(struct utimbuf){mtime, mtime});
            inputs[inputs_n++] = tw_xstrndup(path, strlen(path));
        }
        free(all[i]);
    }
    free(all);
    char why[256];
    struct tw_rules *rules = compile(text, s);
    struct tw_replay_source_options o = {.topology = s->topology, .year = year_of(s), .rules = rules};
    struct tw_replay_source *src = tw_replay_source_open(inputs, inputs_n, &o, why);
    if (src == NULL) {
        (void)fprintf(stderr, "property: %s: %s\n", s->folder, why);
        exit(2);
    }
    const struct tw_record *r;
    while (tw_replay_source_next(src, &r) == TW_OK) {
        struct kept *k = TW_PUSH(s->records, s->n, s->cap);
        k->bytes = tw_xstrndup(r->bytes.p, r->bytes.n);
        k->r = *r;
        k->r.bytes.p = k->bytes;
        k->sender = r->sender;
        k->glance = r->glance;
        if (r->glance.verdict == TW_GLANCE_UNKNOWN)
            k->glance.name.p = k->bytes + (r->glance.name.p - r->bytes.p);
        k->r.log = NULL;
        k->r.sender = 0;
        k->r.glance = (struct tw_glance){0};
    }
    tw_replay_source_close(src);
    s->told_by = rules;
    for (size_t i = 0; i < inputs_n; i++)
        free((void *)(uintptr_t)inputs[i]);
}

static void unload(struct scenario *s)
{
    for (size_t i = 0; i < s->n; i++)
        free(s->records[i].bytes);
    free(s->records);
    tw_topology_unref(s->topology);
    json_decref(s->expect);
}

enum way { PLAIN, AGAIN, TOLD, ADVANCES, RELOADS, SNAPSHOTS, RECOVERIES, WAYS };
static const char *const way_names[] = {"plain",
                                        "run twice",
                                        "told what the source found out",
                                        "extra advances",
                                        "reload of the same rules",
                                        "snapshot and restore",
                                        "recovery"};

/* What a store would have. */
struct store {
    struct tw_buf snapshot, journal;
    unsigned n; /* recoveries since the snapshot */
};

static void collect(struct tw_pipeline *p, struct tw_buf *out)
{
    size_t n;
    const struct tw_transition *const *t = tw_pipeline_transitions(p, &n);
    for (size_t i = 0; i < n; i++)
        tw_render_json(t[i], out);
    tw_pipeline_effects_clear(p);
}

static tw_time between(tw_time a, tw_time b)
{
    return (tw_time){a.ns + (b.ns - a.ns) / 2};
}

static void keep(struct tw_pipeline *p, const struct tw_record *r, struct store *st)
{
    if (tw_pipeline_kept(p))
        tw_record_encode(r, &st->journal);
}

/* Everything again from what was kept; what has come out already is not taken twice. */
static struct tw_pipeline *recover(struct tw_pipeline *p, struct tw_pipeline *fresh, struct store *st,
                                   tw_time now, struct tw_buf *out)
{
    struct tw_buf digest = {0};
    uint64_t last = tw_pipeline_last_seq(p);
    size_t n;
    if (tw_pipeline_digest(p, &digest)) {
        struct tw_record r = {
            .rx = now, .at = TW_TIME_MIN, .transport = TW_TRANSPORT_DIGEST, .bytes = tw_buf_view(&digest)};
        tw_record_encode(&r, &st->journal);
    }
    if (st->snapshot.n > 0 && tw_pipeline_restore(fresh, tw_buf_view(&st->snapshot)) != TW_OK)
        exit(1);
    struct tw_str rest = tw_buf_view(&st->journal);
    struct tw_record r;
    while (rest.n > 0) {
        if (!tw_record_decode(&rest, &r)) {
            (void)fprintf(stderr, "property: a record that can't be read\n");
            exit(1);
        }
        tw_pipeline_feed(fresh, &r);
    }
    const struct tw_transition *const *t = tw_pipeline_transitions(fresh, &n);
    for (size_t i = 0; i < n; i++) {
        if (t[i]->seq > last)
            tw_render_json(t[i], out);
    }
    tw_pipeline_effects_clear(fresh);
    tw_pipeline_destroy(p);
    tw_buf_finish(&digest);
    if (++st->n % 3 == 0) {
        tw_buf_clear(&st->snapshot);
        tw_buf_clear(&st->journal);
        tw_pipeline_snapshot(fresh, &st->snapshot);
    }
    return fresh;
}

static void disturb(struct tw_pipeline **p, const struct scenario *s, const struct tw_rules_text *text,
                    enum way way, size_t i, struct store *st, struct tw_buf *out)
{
    tw_time now = s->records[i].r.rx, next = i + 1 < s->n ? s->records[i + 1].r.rx : now;
    if (way == ADVANCES) {
        tw_pipeline_advance(*p, now);
        tw_pipeline_advance(*p, between(now, next));
        collect(*p, out);
        tw_pipeline_advance(*p, next);
    } else if (way == RELOADS) {
        tw_pipeline_swap(*p, s->topology, compile(text, s), now);
    } else if (way == RECOVERIES) {
        collect(*p, out);
        *p = recover(*p, tw_pipeline_create(s->topology, compile(text, s), NULL), st, now, out);
    } else if (way == SNAPSHOTS) {
        struct tw_buf bytes = {0};
        collect(*p, out);
        tw_pipeline_snapshot(*p, &bytes);
        struct tw_pipeline *fresh = tw_pipeline_create(s->topology, compile(text, s), NULL);
        if (tw_pipeline_restore(fresh, tw_buf_view(&bytes)) != TW_OK) {
            (void)fprintf(stderr, "property: a snapshot that can't be read\n");
            exit(1);
        }
        tw_pipeline_destroy(*p);
        *p = fresh;
        tw_buf_finish(&bytes);
    }
}

/* What is called noise, and may be put aside in a storm, is nothing that a rule makes something of. */
static void feed(struct tw_pipeline *p, const struct tw_record *r)
{
    enum tw_class c = tw_pipeline_class(p, r);
    tw_pipeline_feed(p, r);
    enum tw_counter became = tw_pipeline_last(p);
    bool understood = became == TW_COUNT_ELSEWHERE || became == TW_COUNT_UNNAMED_IF_INDEX ||
                      became == TW_COUNT_LIMIT || became == TW_COUNT_BAD_FIELDS;
    bool none = became >= TW_COUNT_NOT_VRP && became <= TW_COUNT_BAD_LOG;
    if ((c == TW_CLASS_NOISE && understood) || (c != TW_CLASS_NOISE && none)) {
        (void)fprintf(stderr, "property: %s, and it became %s: %.*s\n", tw_class_name(c),
                      tw_counter_name(became), (int)(r->bytes.n < 300 ? r->bytes.n : 300), r->bytes.p);
        exit(1);
    }
}

/* `unknown_too`: also the messages that nobody understood, which a recovery knows as far as its snapshot. */
static struct tw_buf run(const struct scenario *s, const struct tw_rules_text *text, enum way way,
                         bool unknown_too)
{
    struct tw_buf out = {0};
    struct store store = {.n = 0};
    struct tw_pipeline *p =
        tw_pipeline_create(s->topology, way == TOLD ? s->told_by : compile(text, s), NULL);
    size_t every = s->n > 200 ? s->n / 50 : 1; /* a long scenario is disturbed now and then */
    for (size_t i = 0; i < s->n; i++) {
        struct tw_record r = s->records[i].r;
        if (way == TOLD) {
            r.sender = s->records[i].sender;
            r.glance = s->records[i].glance;
        }
        feed(p, &r);
        keep(p, &s->records[i].r, &store);
        if (way > TOLD && i % every == 0)
            disturb(&p, s, text, way, i, &store, &out);
        collect(p, &out);
    }
    if (s->n > 0)
        tw_pipeline_advance(
            p, tw_time_add(tw_time_add(s->records[s->n - 1].r.rx, tw_pipeline_drain(p)), (tw_dur){1}));
    collect(p, &out);
    struct tw_signatures unknown = tw_pipeline_signatures(p);
    if (unknown_too)
        tw_render_unknown_json(&unknown, &out);
    tw_buf_finish(&store.snapshot);
    tw_buf_finish(&store.journal);
    tw_pipeline_destroy(p);
    return out;
}

/* The first line in which two outputs differ. */
static void show(const char *name, struct tw_str a, struct tw_str b)
{
    size_t line = 0, i = 0;
    for (; i < a.n && i < b.n && a.p[i] == b.p[i]; i++)
        line = a.p[i] == '\n' ? i + 1 : line;
    printf("  %s differs:\n    %.300s\n    %.300s\n", name, a.n > line ? a.p + line : "(nothing)",
           b.n > line ? b.p + line : "(nothing)");
}

int main(int argc, char **argv)
{
    static struct tw_rules_text text; /* kept to the end */
    int failed = 0;
    if (argc < 3) {
        (void)fprintf(stderr, "usage: property RULES-DIR FOLDER...\n");
        return 2;
    }
    text = test_read_rules(argv[1]);
    for (int i = 2; i < argc; i++) {
        struct scenario s = {.folder = argv[i]};
        load(&s, &text);
        struct tw_buf plain = run(&s, &text, PLAIN, true), known = run(&s, &text, AGAIN, false);
        bool bad = false;
        for (int way = AGAIN; way < WAYS; way++) {
            struct tw_buf other = run(&s, &text, (enum way)way, way != RECOVERIES);
            struct tw_str want = tw_buf_view(way == RECOVERIES ? &known : &plain);
            if (!tw_str_eq(want, tw_buf_view(&other))) {
                printf("%s\n", argv[i]);
                show(way_names[way], want, tw_buf_view(&other));
                bad = true;
            }
            tw_buf_finish(&other);
        }
        failed += bad;
        tw_buf_finish(&plain);
        tw_buf_finish(&known);
        unload(&s);
    }
    printf("%d passed, %d failed\n", argc - 2 - failed, failed);
    return failed > 0;
}
