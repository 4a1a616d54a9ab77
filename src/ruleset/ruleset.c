/* SPDX-License-Identifier: ISC */
#include "ruleset_internal.h"

#include "oids/oids.h"

#include <stdio.h>
#include <stdlib.h>

enum { ARENA_BLOCK = 16384, LOG_SEED = 1, TRAP_SEED = 2, REASON_SEED = 3 };

void *tw_ruleset_alloc(const struct compiling *c, size_t n, size_t size)
{
    return tw_arena_alloc(c->rs->arena, n > 0 ? n * size : 1);
}

struct tw_str tw_ruleset_keep(const struct compiling *c, struct tw_str s)
{
    return tw_str_of(tw_arena_dup(c->rs->arena, s.n > 0 ? s.p : "", s.n), s.n);
}

static uint64_t log_hash(struct tw_str module, struct tw_str brief)
{
    return tw_hash_lower(brief, LOG_SEED + module.n); /* hardly two modules share a message's name */
}

/* What is to be seen of a message's names at a glance: their lengths, and the first letter. Nine of ten
 * messages are no rule's, and most of these look like none that is. */
struct look {
    unsigned word;
    uint64_t bit;
};

static struct look log_look(struct tw_str module, struct tw_str brief)
{
    size_t letter = brief.n > 0 ? (unsigned char)brief.p[0] | 0x20u : 0;
    return (struct look){(unsigned)((letter * 8 + module.n) % LOOKS), UINT64_C(1) << brief.n % 64};
}

/* Likewise of an identifier, with or without the 0 before its last number: that number and the one before. */
static struct look trap_look(const uint32_t *id, uint32_t n)
{
    uint32_t at = n >= 2 ? n - 2 : 0;
    at -= at > 0 && id[at] == 0;
    uint32_t mixed = (id[at] * 0x9e3779b1u) ^ (id[n - 1] * 0x85ebca6bu);
    return (struct look){(mixed >> 24) % LOOKS, UINT64_C(1) << (mixed >> 18) % 64};
}

static uint64_t trap_hash(const uint32_t *id, uint32_t n)
{
    return tw_hash(id, n * sizeof *id, TRAP_SEED);
}

/* The two kinds of keys in the one map; `key` is a name, or an identifier. */
struct log_name {
    struct tw_str module, brief;
};

static bool same_name(const void *ctx, uint32_t index, const void *key)
{
    const struct tw_event_form *f = ((const struct tw_ruleset *)ctx)->keys[index].first;
    const struct log_name *name = key;
    return !f->trap && tw_str_ieq(f->brief, name->brief) && tw_str_ieq(f->module, name->module);
}

static bool same_oid(const void *ctx, uint32_t index, const void *key)
{
    const struct tw_event_form *f = ((const struct tw_ruleset *)ctx)->keys[index].first;
    const struct tw_oid_ref *oid = key;
    return f->trap && f->oid_n == oid->n && memcmp(f->oid, oid->id, oid->n * sizeof *oid->id) == 0;
}

static uint32_t find_log(const struct tw_ruleset *r, struct tw_str module, struct tw_str brief)
{
    const struct log_name name = {module, brief};
    return tw_map_find(&r->key_map, log_hash(module, brief), same_name, r, &name);
}

static uint32_t find_trap(const struct tw_ruleset *r, const uint32_t *id, uint32_t n)
{
    const struct tw_oid_ref oid = {id, n};
    return tw_map_find(&r->key_map, trap_hash(id, n), same_oid, r, &oid);
}

void tw_ruleset_add_form(struct tw_ruleset *rs, struct tw_event_form *f)
{
    uint64_t hash = f->trap ? trap_hash(f->oid, f->oid_n) : log_hash(f->module, f->brief);
    uint32_t i = f->trap ? find_trap(rs, f->oid, f->oid_n) : find_log(rs, f->module, f->brief);
    f->index = (uint32_t)rs->forms_n;
    *TW_PUSH(rs->forms, rs->forms_n, rs->forms_cap) = f;
    struct look look = f->trap ? trap_look(f->oid, f->oid_n) : log_look(f->module, f->brief);
    (f->trap ? rs->trap_looks : rs->looks)[look.word] |= look.bit;
    if (i == TW_MAP_NONE) {
        *TW_PUSH(rs->keys, rs->keys_n, rs->keys_cap) = (struct form_key){f, f};
        tw_map_add(&rs->key_map, hash, (uint32_t)rs->keys_n - 1);
        return;
    }
    rs->keys[i].last->next = f;
    rs->keys[i].last = f;
}

static TW_APART const struct tw_event_form *log_forms(const struct tw_ruleset *r, struct tw_str module,
                                                      struct tw_str brief)
{
    uint32_t i = find_log(r, module, brief);
    return i == TW_MAP_NONE ? NULL : r->keys[i].first;
}

const struct tw_event_form *tw_ruleset_log_forms(const struct tw_ruleset *r, struct tw_str module,
                                                 struct tw_str brief)
{
    struct look look = log_look(module, brief);
    if ((r->looks[look.word] & look.bit) == 0)
        return NULL;
    return log_forms(r, module, brief);
}

const struct tw_event_form *tw_ruleset_log_forms_cut(const struct tw_ruleset *r, struct tw_str module,
                                                     struct tw_str beginning)
{
    const struct tw_event_form *found = NULL;
    for (size_t i = 0; i < r->keys_n; i++) {
        const struct tw_event_form *f = r->keys[i].first;
        if (f->trap || !tw_str_ieq(f->module, module) || !tw_str_istarts(f->brief, beginning))
            continue;
        if (found != NULL)
            return NULL;
        found = f;
    }
    return found;
}

const struct tw_event_form *tw_ruleset_trap_forms(const struct tw_ruleset *r, const uint32_t *oid, uint32_t n)
{
    if (n == 0)
        return NULL;
    struct look look = trap_look(oid, n);
    if ((r->trap_looks[look.word] & look.bit) == 0)
        return NULL;
    uint32_t i = find_trap(r, oid, n);
    if (i == TW_MAP_NONE && n >= 2 && n <= TW_OID_MAX && oid[n - 2] == 0) {
        uint32_t without[TW_OID_MAX];
        memcpy(without, oid, (n - 2) * sizeof *oid);
        without[n - 2] = oid[n - 1];
        i = find_trap(r, without, n - 1);
    }
    return i == TW_MAP_NONE ? NULL : r->keys[i].first;
}

uint32_t tw_ruleset_forms(const struct tw_ruleset *r)
{
    return (uint32_t)r->forms_n;
}

size_t tw_ruleset_patterns(const struct tw_ruleset *r, size_t *jit)
{
    *jit = 0;
    for (size_t i = 0; i < r->patterns_n; i++)
        *jit += tw_pattern_is_jit(r->patterns[i]);
    return r->patterns_n;
}

const struct tw_event_form *tw_ruleset_form(const struct tw_ruleset *r, uint32_t index)
{
    return r->forms[index];
}

const char *tw_event_form_text(const struct tw_event_form *f, char buf[static TW_FORM_TEXT])
{
    if (!f->trap) {
        (void)snprintf(buf, TW_FORM_TEXT, "%.*s/%.*s", TW_STR_ARG(f->module), TW_STR_ARG(f->brief));
        return buf;
    }
    const struct tw_oid_name *o = tw_oid_by_prefix(f->oid, f->oid_n);
    size_t at = (size_t)snprintf(buf, TW_FORM_TEXT, "%s", o != NULL ? o->name : "");
    for (uint32_t i = o != NULL ? o->n : 0; i < f->oid_n && at < TW_FORM_TEXT; i++)
        at += (size_t)snprintf(buf + at, TW_FORM_TEXT - at, "%s%u", at > 0 ? "." : "", f->oid[i]);
    return buf;
}

const struct tw_example *tw_ruleset_examples(const struct tw_ruleset *r, size_t *n)
{
    *n = r->examples_n;
    return r->examples;
}

struct tw_str tw_reason_core(struct tw_str s)
{
    s = tw_str_trim(s);
    while (s.n > 0 && s.p[s.n - 1] == '.')
        s = tw_str_trim(tw_str_cut(s, s.n - 1));
    return s;
}

static bool same_reason(const void *ctx, uint32_t index, const void *key)
{
    return tw_str_ieq(((const struct tw_ruleset *)ctx)->reasons[index].text, *(const struct tw_str *)key);
}

struct down_reason *tw_ruleset_reason(struct tw_ruleset *rs, struct tw_str core)
{
    uint32_t i = tw_map_find(&rs->reason_map, tw_hash_lower(core, REASON_SEED), same_reason, rs, &core);
    return i == TW_MAP_NONE ? NULL : &rs->reasons[i];
}

void tw_ruleset_add_reason(struct tw_ruleset *rs, const struct down_reason *reason)
{
    *TW_PUSH(rs->reasons, rs->reasons_n, rs->reasons_cap) = *reason;
    tw_map_add(&rs->reason_map, tw_hash_lower(reason->text, REASON_SEED), (uint32_t)rs->reasons_n - 1);
}

enum tw_down_class tw_ruleset_down_class(const struct tw_ruleset *r, struct tw_str reason)
{
    struct tw_str core = tw_reason_core(reason);
    uint32_t i = tw_map_find(&r->reason_map, tw_hash_lower(core, REASON_SEED), same_reason, r, &core);
    if (core.n == 0)
        return TW_DOWN_UNKNOWN;
    return i == TW_MAP_NONE ? TW_DOWN_OTHER : r->reasons[i].class;
}

struct tw_ruleset *tw_ruleset_create(const struct tw_rule_file *files, size_t n, struct tw_errors *errors)
{
    struct tw_ruleset *rs = tw_xcalloc(1, sizeof *rs);
    size_t before = errors->n + errors->dropped;
    rs->arena = tw_arena_create(ARENA_BLOCK);
    for (size_t i = 0; i < n; i++) {
        struct tw_doc *doc = tw_doc_parse(files[i].name, files[i].text, errors);
        if (doc == NULL)
            continue;
        tw_compile_file(rs, doc, errors);
        tw_doc_destroy(doc);
    }
    if (errors->n + errors->dropped > before) {
        tw_ruleset_destroy(rs);
        return NULL;
    }
    return rs;
}

void tw_ruleset_destroy(struct tw_ruleset *r)
{
    if (r == NULL)
        return;
    for (size_t i = 0; i < r->patterns_n; i++)
        tw_pattern_destroy(r->patterns[i]);
    tw_map_finish(&r->key_map);
    tw_map_finish(&r->reason_map);
    free(r->rules);
    free(r->forms);
    free(r->keys);
    free(r->reasons);
    free(r->patterns);
    free(r->examples);
    tw_arena_destroy(r->arena);
    free(r);
}
