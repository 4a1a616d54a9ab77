/* SPDX-License-Identifier: ISC */
/* Runs the mini-scenarios that conditions carry, and the examples of hints. */
#include "pipeline_internal.h"

#include <stdio.h>

/* What an example is about unless it brings its own inventory. */
static const char inventory[] = "devices:\n"
                                "  pe-a: {addresses: [192.0.2.1]}\n"
                                "  pe-b: {addresses: [192.0.2.2]}\n"
                                "pairs:\n"
                                "  pair-1:\n"
                                "    devices: [pe-a, pe-b]\n"
                                "    e-trunks:\n"
                                "      1:\n"
                                "        members:\n"
                                "          - trunks: {pe-a: Eth-Trunk10, pe-b: Eth-Trunk20}\n"
                                "            sub-interfaces:\n"
                                "              100: {services: [arp]}\n"
                                "              200: {services: [igmp]}\n"
                                "              300: {services: [bras], protection: vrrp}\n";

struct run {
    const struct tw_condition *c;
    const struct tw_condition_example *e;
    struct tw_errors *errors;
    struct tw_pipeline *p;
    struct tw_buf out;
    tw_time last;
};

static struct tw_str next_word(struct tw_str *rest)
{
    *rest = tw_str_trim(*rest);
    size_t n = 0;
    bool quoted = false;
    while (n < rest->n && (quoted || !tw_is_space(rest->p[n])))
        quoted ^= rest->p[n++] == '"';
    struct tw_str w = tw_str_cut(*rest, n);
    *rest = tw_str_from(*rest, n);
    return w;
}

static bool seconds(struct tw_str w, tw_time *out)
{
    bool minus = w.n > 0 && w.p[0] == '-';
    tw_dur d;
    if (minus)
        w = tw_str_from(w, 1);
    size_t dot = tw_str_find(w, '.', 0);
    uint64_t ms = 0;
    if (dot != SIZE_MAX && (w.n != dot + 4 || !tw_str_u64(tw_str_from(w, dot + 1), 999, &ms)))
        return false;
    if (!tw_dur_parse(dot == SIZE_MAX ? w : tw_str_cut(w, dot), &d))
        return false;
    d.ns += (int64_t)ms * 1000000;
    *out = tw_time_add((tw_time){1786212000000000000}, (tw_dur){minus ? -d.ns : d.ns});
    return true;
}

static void wrong(struct run *r, struct tw_str line, const char *what, struct tw_str word)
{
    tw_errors_add(r->errors, r->c->file, r->e->line, r->e->column, "'%.*s' in the event '%.*s', expected %s",
                  TW_STR_ARG(word), TW_STR_ARG(line), what);
}

static bool field(struct run *r, struct tw_str line, struct tw_str word, struct tw_event *e)
{
    size_t eq = tw_str_find(word, '=', 0);
    struct tw_str key = tw_str_cut(word, eq),
                  value = eq != SIZE_MAX ? tw_str_from(word, eq + 1) : (struct tw_str){0};
    if (value.n >= 2 && value.p[0] == '"')
        value = tw_str_of(value.p + 1, value.n - 2);
    if (tw_str_eq(key, TW_STR("at")))
        return seconds(value, &e->at) || (wrong(r, line, "a number of seconds", word), false);
    enum tw_event_field f = tw_event_field_find(key);
    uint64_t n = 0;
    if (f == TW_EVENT_FIELDS || eq == SIZE_MAX) {
        wrong(r, line, "field=value, with a field of an event", word);
        return false;
    }
    if (tw_event_field_type(f) == TW_FIELD_TEXT) {
        e->field[f].text = value;
    } else if (tw_event_field_type(f) == TW_FIELD_WORD) {
        n = (uint64_t)tw_event_word_find(f, value);
        if (n == 0) {
            wrong(r, line, "a word of that field", word);
            return false;
        }
    } else if (!tw_str_u64(value, UINT32_MAX, &n)) {
        wrong(r, line, "a number", word);
        return false;
    }
    e->field[f].number = (int64_t)n;
    e->present |= 1u << f;
    if (f == TW_FIELD_REASON) {
        e->field[TW_FIELD_DOWN_CLASS].number = tw_ruleset_down_class(r->p->rules->events, value);
        e->present |= 1u << TW_FIELD_DOWN_CLASS;
    }
    return true;
}

/* What came out of the condition under test, a line each. */
static void collect(struct run *r)
{
    size_t n;
    const struct tw_transition *const *t = tw_pipeline_transitions(r->p, &n);
    for (size_t i = 0; i < n; i++) {
        if (strcmp(t[i]->condition, r->c->name) != 0 || t[i]->kind == TW_UPDATED)
            continue;
        double at = (double)((t[i]->time.ns - 1786212000000000000) / 1000000) / 1000.0;
        tw_buf_fmt(&r->out, "%s %g", tw_transition_name(t[i]->kind), at);
        if (t[i]->kind == TW_CLEARED)
            tw_buf_fmt(&r->out, " %s", t[i]->cleared_by);
        if (t[i]->kind == TW_RAISED && t[i]->device != NULL)
            tw_buf_fmt(&r->out, " %s", t[i]->device);
        for (size_t k = 0; t[i]->kind == TW_RAISED && k < t[i]->sub_interfaces_n; k++)
            tw_buf_fmt(&r->out, " %s", t[i]->sub_interfaces[k]);
        tw_buf_char(&r->out, '\n');
    }
    tw_pipeline_effects_clear(r->p);
}

/* "SECONDS DEVICE EVENT field=value …", or "SECONDS -" to let time pass. */
static bool play(struct run *r, struct tw_str line)
{
    struct tw_str rest = line, when = next_word(&rest), device = next_word(&rest), kind;
    struct tw_event e = {.source = TW_SOURCE_SYSLOG, .stamp = TW_TIME_MIN, .rule = "example", .text = line};
    if (!seconds(when, &e.rx) || tw_before(e.rx, r->last)) {
        wrong(r, line, "a number of seconds, not before the one of the line above", when);
        return false;
    }
    e.at = r->last = e.rx;
    pipeline_begin(r->p, e.rx);
    r->p->now = e.rx;
    tw_alerts_advance(r->p->alerts, e.rx);
    if (tw_str_eq(device, TW_STR("-")))
        return true;
    uint32_t d = tw_topology_by_hostname(r->p->topology, device);
    kind = next_word(&rest);
    e.kind = tw_event_kind_find(kind);
    if (d == TW_NONE || e.kind == TW_EVENT_NONE) {
        wrong(r, line, "a device of the inventory and an event", d == TW_NONE ? device : kind);
        return false;
    }
    for (struct tw_str w = next_word(&rest); w.n > 0; w = next_word(&rest)) {
        if (!field(r, line, w, &e))
            return false;
    }
    e.seq = ++r->p->seq;
    (void)pipeline_judge(r->p, d, &e, (struct tw_moment){.at = e.at, .rx = e.rx, .ref = e.ref, .seq = e.seq});
    return true;
}

static struct tw_pipeline *example_pipeline(struct run *r, const struct tw_rules *rules)
{
    struct tw_errors own = {0};
    struct tw_str text = r->e->inventory.n > 0 ? r->e->inventory : TW_STR("");
    if (text.n == 0)
        text = tw_str_of(inventory, sizeof inventory - 1);
    const struct tw_topology *t = tw_topology_create("inventory", text, &own);
    for (size_t i = 0; i < own.n; i++)
        tw_errors_add(r->errors, r->c->file, r->e->line, r->e->column, "in the example's %s", own.text[i]);
    tw_errors_finish(&own);
    if (t == NULL)
        return NULL;
    struct tw_pipeline *p = tw_pipeline_create(t, (struct tw_rules *)(uintptr_t)rules, NULL);
    tw_topology_unref(t);
    return p;
}

static void judge_example(struct run *r)
{
    struct tw_buf want = {0};
    for (size_t i = 0; r->e->alerts != NULL && i < r->e->alerts->n; i++) {
        if (r->e->alerts->items[i]->kind == TW_NODE_SCALAR)
            tw_buf_fmt(&want, "%.*s\n", TW_STR_ARG(r->e->alerts->items[i]->text));
    }
    if (!tw_str_eq(tw_buf_view(&want), tw_buf_view(&r->out))) {
        for (size_t i = 0; i < want.n; i++)
            want.p[i] = want.p[i] == '\n' ? ';' : want.p[i];
        for (size_t i = 0; i < r->out.n; i++)
            r->out.p[i] = r->out.p[i] == '\n' ? ';' : r->out.p[i];
        tw_errors_add(r->errors, r->c->file, r->e->line, r->e->column,
                      "example '%s' of '%s' gives '%.*s', expected '%.*s'", r->e->name, r->c->name,
                      TW_STR_ARG(tw_buf_view(&r->out)), TW_STR_ARG(tw_buf_view(&want)));
    }
    tw_buf_finish(&want);
}

static void run_mini_scenario(const struct tw_rules *rules, const struct tw_condition *c,
                              const struct tw_condition_example *e, struct tw_errors *errors)
{
    struct run r = {.c = c, .e = e, .errors = errors, .last = TW_TIME_MIN};
    r.p = example_pipeline(&r, rules);
    if (r.p == NULL)
        return;
    bool ok = true;
    for (size_t i = 0; ok && i < e->events->n; i++) {
        ok = e->events->items[i]->kind == TW_NODE_SCALAR && play(&r, e->events->items[i]->text);
        collect(&r);
    }
    if (ok) {
        tw_pipeline_advance(r.p, tw_time_add(tw_time_add(r.last, tw_pipeline_drain(r.p)), (tw_dur){1}));
        collect(&r);
        judge_example(&r);
    }
    r.p->rules = NULL; /* borrowed */
    tw_pipeline_destroy(r.p);
    tw_buf_finish(&r.out);
}

size_t examples_conditions(const struct tw_rules *r, struct tw_errors *errors)
{
    size_t n = 0;
    for (size_t i = 0; i < r->policy->conditions_n; i++) {
        const struct tw_condition *c = &r->policy->conditions[i];
        for (size_t k = 0; k < c->examples_n; k++, n++)
            run_mini_scenario(r, c, &c->examples[k], errors);
    }
    return n;
}

static bool same_commands(const struct tw_node *want, const char *const *have, size_t n)
{
    if (want->n != n)
        return false;
    for (size_t i = 0; i < n; i++) {
        if (want->items[i]->kind != TW_NODE_SCALAR || !tw_str_eq(want->items[i]->text, tw_str_z(have[i])))
            return false;
    }
    return true;
}

static void hint_example(const struct tw_hint_rule *h, const struct tw_hint_example *e,
                         struct tw_arena *arena, struct tw_errors *errors)
{
    const char *const *have = NULL;
    size_t n = 0;
    bool there = tw_hint_example_run(h, e, arena, &have, &n);
    if (e->commands == NULL && there)
        tw_errors_add(errors, h->file, e->line, e->column,
                      "counter-example: hint '%s' appears, expected that it does not", h->name);
    if (e->commands != NULL && (!there || !same_commands(e->commands, have, n))) {
        struct tw_buf text = {0};
        for (size_t i = 0; i < n; i++)
            tw_buf_fmt(&text, "%s'%s'", i > 0 ? ", " : "", have[i]);
        tw_errors_add(errors, h->file, e->line, e->column,
                      "example of hint '%s' gives [%.*s]%s, expected the commands listed", h->name,
                      TW_STR_ARG(tw_buf_view(&text)), there ? "" : " and does not appear");
        tw_buf_finish(&text);
    }
}

size_t examples_hints(const struct tw_rules *r, struct tw_errors *errors)
{
    size_t n = 0;
    struct tw_arena *arena = tw_arena_create(4096);
    for (size_t i = 0; i < r->policy->hints_n; i++) {
        const struct tw_hint_rule *h = &r->policy->hints[i];
        for (size_t k = 0; k < h->examples_n; k++, n++)
            hint_example(h, &h->examples[k], arena, errors);
    }
    tw_arena_destroy(arena);
    return n;
}
