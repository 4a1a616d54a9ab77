/* SPDX-License-Identifier: ISC */
/* Templates and hints. */
#include "alert_internal.h"

enum { EACH_MAX = 4 };

struct words words_mirrored(const struct words *w)
{
    static const enum tw_placeholder swap[][2] = {{TW_PH_DEVICE, TW_PH_PEER},
                                                  {TW_PH_TRUNK, TW_PH_PEER_TRUNK},
                                                  {TW_PH_TRUNK_ID, TW_PH_PEER_TRUNK_ID},
                                                  {TW_PH_SUB, TW_PH_PEER_SUB}};
    struct words m = *w;
    for (size_t i = 0; i < sizeof swap / sizeof *swap; i++) {
        m.v[swap[i][0]] = w->v[swap[i][1]];
        m.v[swap[i][1]] = w->v[swap[i][0]];
    }
    return m;
}

const char *text_fill(struct tw_arena *arena, const struct tw_template *t, const struct words *w)
{
    size_t n = 0;
    for (size_t i = 0; i < t->n; i++) {
        const struct tw_template_piece *p = &t->pieces[i];
        bool last = p->placeholder == TW_PLACEHOLDERS;
        if (!last && w->v[p->placeholder] == NULL)
            return NULL;
        n += p->words.n + (last ? 0 : strlen(w->v[p->placeholder]));
    }
    char *text = tw_arena_raw(arena, n + 1), *to = text;
    for (size_t i = 0; i < t->n; i++) {
        const struct tw_template_piece *p = &t->pieces[i];
        if (p->words.n > 0)
            memcpy(to, p->words.p, p->words.n);
        to += p->words.n;
        struct tw_str value = p->placeholder == TW_PLACEHOLDERS ? TW_STR("") : tw_str_z(w->v[p->placeholder]);
        if (value.n > 0)
            memcpy(to, value.p, value.n);
        to += value.n;
    }
    *to = '\0';
    return text;
}

static bool applies(const struct tw_hint_rule *h, const struct hint_case *c)
{
    size_t i = 0;
    while (h->conditions[i] != NULL && strcmp(h->conditions[i], c->condition) != 0)
        i++;
    return h->conditions[i] != NULL && (h->services == 0 || (h->services & c->services) != 0) &&
           (h->help == 0 || (h->help >> c->help & 1) != 0) &&
           (!h->needs_rbs || c->words->v[TW_PH_RBS] != NULL);
}

/* The commands of a hint, for each of the first sub-interfaces or profiles when it says so. What lacks a
 * value is left out. */
static size_t commands(struct tw_arena *arena, const struct tw_hint_rule *h, const struct hint_case *c,
                       bool mirrored, const char *const **out)
{
    size_t all = c->subs_n > 0 ? c->subs_n : c->profiles_n, n = 0;
    size_t times = h->each && all > 0 ? (all < EACH_MAX ? all : EACH_MAX) : 1;
    const char **list = tw_arena_alloc(arena, (times * h->commands_n + 1) * sizeof *list);
    for (size_t k = 0; k < times; k++) {
        struct words w = *c->words;
        if (h->each && c->subs_n > 0) {
            w.v[TW_PH_SUB] = c->subs[k];
            w.v[TW_PH_PEER_SUB] = c->peer_subs[k];
        } else if (h->each && c->profiles_n > 0) {
            w.v[TW_PH_PROFILE] = c->profiles[k];
        }
        if (mirrored)
            w = words_mirrored(&w);
        for (size_t i = 0; i < h->commands_n; i++) {
            const char *text = text_fill(arena, &h->commands[i], &w);
            if (text != NULL)
                list[n++] = text;
        }
    }
    *out = list;
    return n;
}

static void hint_add(struct tw_arena *arena, const struct tw_hint_rule *h, const struct hint_case *c,
                     bool peer, struct tw_hint *out, size_t *n)
{
    /* "both" is written from one side and read from each; "peer" alone is written for the peer. */
    bool mirrored = peer && h->on_this;
    struct words w = mirrored ? words_mirrored(c->words) : *c->words;
    struct tw_hint hint = {.step = h->step, .on = c->words->v[peer ? TW_PH_PEER : TW_PH_DEVICE]};
    hint.text = text_fill(arena, &h->text, &w);
    hint.commands_n = commands(arena, h, c, mirrored, &hint.commands);
    if (hint.text == NULL || (h->commands_n > 0 && hint.commands_n == 0))
        return;
    out[(*n)++] = hint;
}

void text_hints(struct tw_arena *arena, const struct tw_policy *p, const struct hint_case *c,
                struct tw_transition *t)
{
    struct tw_hint *list = tw_arena_alloc(arena, (2 * p->hints_n + 1) * sizeof *list);
    size_t n = 0;
    for (size_t i = 0; i < p->hints_n; i++) {
        const struct tw_hint_rule *h = &p->hints[i];
        if (!applies(h, c) || (c->over && h->step < TW_STEP_VERIFY))
            continue;
        if (h->on_this)
            hint_add(arena, h, c, false, list, &n);
        if (h->on_peer)
            hint_add(arena, h, c, true, list, &n);
    }
    t->hints = list;
    t->hints_n = n;
}

bool tw_hint_example_run(const struct tw_hint_rule *h, const struct tw_hint_example *e,
                         struct tw_arena *arena, const char *const **out, size_t *n)
{
    static const char *const subs[] = {"Eth-Trunk10.100"}, *const peer_subs[] = {"Eth-Trunk20.100"};
    struct words w = {{[TW_PH_DEVICE] = "pe-a",
                       [TW_PH_PEER] = "pe-b",
                       [TW_PH_PAIR] = "pair-1",
                       [TW_PH_E_TRUNK] = "1",
                       [TW_PH_TRUNK] = "Eth-Trunk10",
                       [TW_PH_TRUNK_ID] = "10",
                       [TW_PH_PEER_TRUNK] = "Eth-Trunk20",
                       [TW_PH_PEER_TRUNK_ID] = "20",
                       [TW_PH_SUB] = subs[0],
                       [TW_PH_PEER_SUB] = peer_subs[0],
                       [TW_PH_SUBS] = subs[0],
                       [TW_PH_SERVICES] = "service unknown",
                       [TW_PH_RBS] = e->rbs ? "rbs1" : NULL,
                       [TW_PH_ITEMS] = "",
                       [TW_PH_PROFILE] = "rbp1",
                       [TW_PH_REASON] = "",
                       [TW_PH_OTHERS] = "2 other known sub-interfaces",
                       [TW_PH_HELP] = ""}};
    struct hint_case c = {.condition = e->condition,
                          .services = e->services,
                          .help = e->help,
                          .words = &w,
                          .subs = subs,
                          .peer_subs = peer_subs,
                          .subs_n = 1};
    if (!applies(h, &c))
        return false;
    *n = commands(arena, h, &c, false, out);
    return h->commands_n == 0 || *n > 0;
}
