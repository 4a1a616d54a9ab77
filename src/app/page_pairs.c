/* SPDX-License-Identifier: ISC */
/* What is known of each pair: who forwards, and which sub-interfaces are down. */
#include "pages.h"

#include "base/json.h"
#include "facts/facts.h"

#include <inttypes.h>

/* Sub-interfaces that are down are listed, up to so many in the whole answer; they are all counted. */
enum { LISTED_MAX = 20000 };

struct writer {
    const struct tw_topology *t;
    const struct tw_facts *f;
    struct tw_buf *b;
    size_t left;
};

static void text(struct writer *w, const char *key, const char *z)
{
    tw_json_key(w->b, key);
    tw_json_z(w->b, z);
}

static void moment(struct writer *w, const char *key, tw_time t)
{
    tw_json_key(w->b, key);
    tw_json_time(w->b, t);
}

static void number(struct writer *w, const char *key, uint64_t n)
{
    tw_json_key(w->b, key);
    tw_buf_fmt(w->b, "%" PRIu64, n);
}

static const char *device_name(const struct writer *w, const struct tw_e_trunk *e, int side)
{
    return w->t->devices[w->t->pairs[e->pair].device[side]].name;
}

static void one_down(struct writer *w, const struct tw_member *m, const struct tw_sub_facts *s, int side)
{
    static const char *const causes[TW_CAUSES] = {[TW_CAUSE_NONE] = "unknown",
                                                  [TW_CAUSE_OWN] = "own-fault",
                                                  [TW_CAUSE_INHERITED] = "inherited",
                                                  [TW_CAUSE_ADMIN] = "admin",
                                                  [TW_CAUSE_DELETED] = "deleted"};
    struct tw_buf name = {0};
    tw_buf_fmt(&name, "%s.%" PRIu32, m->trunk_name[side], s->number);
    tw_json_next(w->b);
    tw_buf_char(w->b, '{');
    text(w, "name", name.p);
    text(w, "cause", causes[s->side[side].cause]);
    moment(w, "since", s->side[side].oper.since);
    tw_buf_char(w->b, '}');
    tw_buf_finish(&name);
}

static void downs(struct writer *w, uint32_t member, int side)
{
    uint64_t n = 0;
    tw_json_key(w->b, "down");
    tw_buf_char(w->b, '[');
    for (uint32_t i = tw_facts_sub_first(w->f, member); i != TW_NONE; i = tw_facts_sub(w->f, i)->next) {
        const struct tw_sub_facts *s = tw_facts_sub(w->f, i);
        if (s->side[side].oper.value != TW_STATE_DOWN)
            continue;
        n++;
        if (w->left == 0)
            continue;
        w->left--;
        one_down(w, &w->t->members[member], s, side);
    }
    tw_buf_char(w->b, ']');
    number(w, "down_n", n);
}

static void member_side(struct writer *w, uint32_t member, int side)
{
    const struct tw_member *m = &w->t->members[member];
    uint32_t ms = 2 * member + (uint32_t)side;
    const struct tw_member_side *s = tw_facts_member(w->f, ms);
    struct tw_word word = tw_facts_word(w->f, ms);
    struct tw_forwarding forwards = tw_facts_forwards(w->f, ms);
    tw_json_next(w->b);
    tw_buf_char(w->b, '{');
    text(w, "device", device_name(w, &w->t->e_trunks[m->e_trunk], side));
    text(w, "trunk", m->trunk_name[side]);
    text(w, "role", tw_event_word(TW_FIELD_ROLE, (int)word.role));
    moment(w, "role_since", word.role != TW_ROLE_UNKNOWN ? word.since : TW_TIME_MIN);
    text(w, "forwards", forwards.yes ? "yes" : forwards.basis == TW_BASIS_NOTHING ? "unknown" : "no");
    text(w, "main", tw_event_word(TW_FIELD_STATE, s->main.value));
    moment(w, "main_since", s->main.value != TW_STATE_UNKNOWN ? s->main.since : TW_TIME_MIN);
    downs(w, member, side);
    tw_buf_char(w->b, '}');
}

static void member(struct writer *w, uint32_t i)
{
    tw_json_next(w->b);
    tw_buf_char(w->b, '{');
    text(w, "mode", tw_facts_active_active(w->f, i) ? "active-active" : "auto");
    number(w, "sub_interfaces", w->t->members[i].subs_n);
    tw_json_key(w->b, "sides");
    tw_buf_char(w->b, '[');
    for (int side = 0; side < 2; side++)
        member_side(w, i, side);
    tw_buf_z(w->b, "]}");
}

static void e_trunk(struct writer *w, uint32_t i)
{
    const struct tw_e_trunk *e = &w->t->e_trunks[i];
    tw_json_next(w->b);
    tw_buf_char(w->b, '{');
    number(w, "id", e->id);
    tw_json_key(w->b, "sides");
    tw_buf_char(w->b, '[');
    for (int side = 0; side < 2; side++) {
        const struct tw_e_trunk_side *s = tw_facts_e_trunk(w->f, 2 * i + (uint32_t)side);
        tw_json_next(w->b);
        tw_buf_char(w->b, '{');
        text(w, "device", device_name(w, e, side));
        text(w, "role", tw_event_word(TW_FIELD_ROLE, s->role.value));
        text(w, "peer", tw_event_word(TW_FIELD_STATE, s->peer.value));
        tw_buf_char(w->b, '}');
    }
    tw_buf_char(w->b, ']');
    tw_json_key(w->b, "members");
    tw_buf_char(w->b, '[');
    for (uint32_t k = 0; k < e->members_n; k++)
        member(w, e->member0 + k);
    tw_buf_z(w->b, "]}");
}

static void pair(struct writer *w, const struct tw_pair *p)
{
    tw_json_next(w->b);
    tw_buf_char(w->b, '{');
    text(w, "name", p->name);
    tw_json_key(w->b, "devices");
    tw_buf_char(w->b, '[');
    for (int side = 0; side < 2; side++) {
        tw_json_next(w->b);
        tw_json_z(w->b, w->t->devices[p->device[side]].name);
    }
    tw_buf_char(w->b, ']');
    tw_json_key(w->b, "e_trunks");
    tw_buf_char(w->b, '[');
    for (uint32_t i = 0; i < p->e_trunks_n; i++)
        e_trunk(w, p->e_trunk0 + i);
    tw_buf_z(w->b, "]}");
}

void tw_page_pairs(struct tw_daemon *d, struct tw_buf *b)
{
    struct writer w = {tw_pipeline_topology(d->pipeline), tw_pipeline_facts(d->pipeline), b, LISTED_MAX};
    tw_buf_z(b, "{\"pairs\":[");
    for (size_t i = 0; i < w.t->pairs_n; i++)
        pair(&w, &w.t->pairs[i]);
    tw_buf_z(b, "]}\n");
}
