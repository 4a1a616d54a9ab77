/* SPDX-License-Identifier: ISC */
#include "normalise_internal.h"

#include "base/err.h"

#include <stdio.h>

/* A value as it stands in the message; is_number tells whether `number` holds it. */
struct raw {
    bool present, is_number;
    struct tw_str text;
    int64_t number;
};

void tw_input_log(struct input *in, const struct tw_log *log, struct tw_kv_shape *shape)
{
    in->log = log;
    in->shape = shape;
    in->trap = NULL;
    in->pairs_n = 0;
    in->walked = false;
}

void tw_input_trap(struct input *in, const struct tw_trap *trap)
{
    in->log = NULL;
    in->trap = trap;
    in->pairs_n = 0;
    in->walked = true;
}

static TW_APART void walk(struct input *in)
{
    in->walked = true;
    in->pairs_n = tw_kv_all(in->log->text, in->shape, in->pairs, PAIRS_MAX);
    for (size_t i = 0; i < in->pairs_n; i++)
        in->tags[i] = tw_key_tag(in->pairs[i].key);
}

static struct raw raw_text(struct tw_str s)
{
    while (s.n > 0 && s.p[s.n - 1] == '\0') /* some agents send the end of a C string as well */
        s.n--;
    s = tw_str_trim(s);
    return (struct raw){.present = s.n > 0, .text = s};
}

static struct raw pair_value(struct input *in, const struct tw_key *key)
{
    if (!in->walked)
        walk(in);
    for (size_t i = 0; i < in->pairs_n; i++) {
        if (in->tags[i] == key->tag && tw_str_ieq(in->pairs[i].key, key->name))
            return raw_text(in->pairs[i].value);
    }
    return (struct raw){0};
}

static const struct tw_varbind *varbind(struct input *in, const struct tw_oid_ref *ref)
{
    for (uint32_t i = 0; i < in->trap->varbinds_n; i++) {
        const struct tw_varbind *vb = &in->trap->varbinds[i];
        if (vb->oid_n >= ref->n && memcmp(vb->oid, ref->id, ref->n * sizeof *ref->id) == 0)
            return vb;
    }
    return NULL;
}

static struct raw varbind_value(const struct tw_varbind *vb)
{
    if (vb->type == TW_VB_STRING)
        return raw_text(vb->bytes);
    if (vb->type == TW_VB_INTEGER || vb->type == TW_VB_UNSIGNED)
        return (struct raw){.present = true, .is_number = true, .number = vb->number};
    return (struct raw){0};
}

static bool guard_holds(const struct tw_guard *g, struct input *in)
{
    char digits[24];
    struct raw raw = {0};
    if (in->log != NULL) {
        raw = pair_value(in, &g->key);
    } else {
        const struct tw_varbind *vb = varbind(in, &g->oid);
        if (vb != NULL)
            raw = varbind_value(vb);
    }
    if (raw.is_number)
        raw.text = tw_str_of(digits, (size_t)snprintf(digits, sizeof digits, "%lld", (long long)raw.number));
    for (size_t i = 0; raw.present && i < g->values_n; i++) {
        if (tw_value_same(raw.text, g->values[i]))
            return true;
    }
    return false;
}

/* A raw value as the field wants it. */
static bool convert(const struct tw_field_source *s, const struct raw *raw, struct tw_event_value *out)
{
    char digits[24];
    uint64_t number;
    if (!raw->present)
        return false;
    if (tw_event_field_type(s->field) == TW_FIELD_TEXT) {
        out->text = raw->text;
        return !raw->is_number;
    }
    if (s->map != NULL) {
        struct tw_str text = raw->text;
        if (raw->is_number)
            text = tw_str_of(digits, (size_t)snprintf(digits, sizeof digits, "%lld", (long long)raw->number));
        return tw_value_map_find(s->map, text, &out->number);
    }
    if (!raw->is_number) {
        if (!tw_str_u64(raw->text, UINT32_MAX, &number))
            return false;
        out->number = (int64_t)number;
        return true;
    }
    out->number = raw->number;
    return raw->number >= 0 && raw->number <= UINT32_MAX;
}

static bool from_trap(const struct tw_field_source *s, struct input *in, struct tw_event_value *out)
{
    for (size_t i = 0; i < s->oids_n; i++) {
        const struct tw_varbind *vb = varbind(in, &s->oids[i]);
        struct raw raw = vb != NULL ? varbind_value(vb) : (struct raw){0};
        if (convert(s, &raw, out))
            return true;
    }
    for (size_t i = 0; i < s->instances_n; i++) {
        const struct tw_varbind *vb = varbind(in, &s->instances[i]);
        uint32_t at = s->instances[i].n + s->sub;
        if (vb == NULL || at >= vb->oid_n)
            continue;
        struct raw raw = {.present = true, .is_number = true, .number = vb->oid[at]};
        if (convert(s, &raw, out))
            return true;
    }
    return false;
}

static bool from_keys(const struct tw_field_source *s, struct input *in, struct tw_event_value *out)
{
    for (size_t i = 0; i < s->keys_n; i++) {
        struct raw raw = pair_value(in, &s->keys[i]);
        if (raw.present)
            return convert(s, &raw, out);
    }
    return false;
}

static bool fill(const struct tw_field_source *s, struct input *in, const struct tw_str *groups,
                 struct tw_event_value *out)
{
    struct raw raw;
    switch (s->from) {
    case TW_FROM_CONST: *out = s->value; return true;
    case TW_FROM_KEY: return from_keys(s, in, out);
    case TW_FROM_GROUP: raw = raw_text(groups[s->group]); return convert(s, &raw, out);
    case TW_FROM_VARBIND:
    case TW_FROM_INSTANCE: return from_trap(s, in, out);
    }
    return false;
}

static bool has_needs(const struct tw_event *e)
{
    for (const uint32_t *need = tw_event_needs(e->kind); *need != 0; need++) {
        if ((e->present & *need) == 0)
            return false;
    }
    return true;
}

/* Why the interface is down, in a class; a reason that no file lists is an own fault, never an inherited one.
 */
static void classify(const struct tw_ruleset *r, struct tw_event *e)
{
    if (e->kind != TW_EVENT_INTERFACE_DOWN || !tw_event_has(e, TW_FIELD_REASON) ||
        tw_event_has(e, TW_FIELD_DOWN_CLASS))
        return;
    e->field[TW_FIELD_DOWN_CLASS].number = tw_ruleset_down_class(r, tw_event_text(e, TW_FIELD_REASON));
    if (e->field[TW_FIELD_DOWN_CLASS].number != TW_DOWN_UNKNOWN)
        e->present |= 1u << TW_FIELD_DOWN_CLASS;
}

/* Everything but the values, which say nothing as long as they are not present. */
static void begin(struct tw_event *out, const struct tw_event_form *f)
{
    out->kind = f->rule->kind;
    out->source = f->trap ? TW_SOURCE_TRAP : TW_SOURCE_SYSLOG;
    out->alarm = f->rule->alarm;
    out->rx = out->at = TW_TIME_MIN;
    out->resolution = (tw_dur){0};
    out->seq = 0;
    out->ref = (struct tw_record_ref){0};
    out->rule = f->rule->name;
    out->text = (struct tw_str){0};
    out->present = 0;
}

struct claim tw_claim_form(const struct tw_ruleset *r, const struct tw_event_form *f, struct input *in,
                           struct tw_event *out)
{
    struct tw_str groups[TW_GROUPS_MAX]; /* read only where there is a pattern */
    bool limit = false;
    for (size_t i = 0; i < f->guards_n; i++) {
        if (!guard_holds(&f->guards[i], in))
            return (struct claim){TW_MATCH_NONE, 0};
    }
    if (f->pattern != NULL && !tw_pattern_match(f->pattern, in->log->text, groups, &limit))
        return (struct claim){limit ? TW_MATCH_LIMIT : TW_MATCH_NONE, 0};
    begin(out, f);
    out->log = in->log;
    out->trap = in->trap;
    for (size_t i = 0; i < f->fields_n; i++) {
        const struct tw_field_source *s = &f->fields[i];
        struct tw_event_value value = {0};
        if (fill(s, in, groups, &value)) {
            out->field[s->field] = value;
            out->present |= 1u << s->field;
        } else if (!s->optional) {
            return (struct claim){TW_MATCH_FAILED, s->field};
        }
    }
    if (!has_needs(out))
        return (struct claim){TW_MATCH_FAILED, TW_EVENT_FIELDS};
    classify(r, out);
    return (struct claim){TW_MATCH_EVENT, 0};
}
