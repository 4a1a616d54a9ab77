/* SPDX-License-Identifier: ISC */
/* How much a record matters, told by its name alone. */
#include "pipeline_internal.h"

#include "decode/log.h"

static bool in_word(char c)
{
    return tw_is_alnum(c) || c == '_' || c == '-';
}

static struct tw_str word(struct tw_str s)
{
    size_t n = 0;
    while (n < s.n && in_word(s.p[n]))
        n++;
    return tw_str_cut(s, n);
}

/* "%%01MODULE/2/BRIEF": false for what has none; the core would say so as well. *cut: maybe by a relay. */
static bool tag(struct tw_str s, struct tw_str *module, struct tw_str *brief, bool *cut)
{
    const char *end = s.p + s.n, *p = s.p;
    while (p != NULL && (p = memchr(p, '%', (size_t)(end - p))) != NULL) {
        if (end - p > 4 && p[1] == '%' && tw_is_digit(p[2]) && tw_is_digit(p[3])) {
            const char *start = p;
            *module = word(tw_str_of(p + 4, (size_t)(end - p - 4)));
            p = module->p + module->n;
            if (end - p < 4 || p[0] != '/' || !tw_is_digit(p[1]) || p[2] != '/')
                return false;
            *brief = word(tw_str_of(p + 3, (size_t)(end - p - 3)));
            p = brief->p + brief->n;
            *cut = p - start == TW_LOG_RELAY_TAG && p < end && tw_is_space(*p);
            return module->n > 0 && brief->n > 0;
        }
        p++;
    }
    return false;
}

static enum tw_class of_kind(enum tw_event_kind k)
{
    switch (k) {
    case TW_EVENT_INTERFACE_DOWN:
    case TW_EVENT_INTERFACE_UP:
    case TW_EVENT_INTERFACE_DELETED:
    case TW_EVENT_E_TRUNK_ROLE:
    case TW_EVENT_MEMBER_ROLE:
    case TW_EVENT_E_TRUNK_PEER:
    case TW_EVENT_DEVICE_RESTART: return TW_CLASS_VITAL;
    case TW_EVENT_NONE:
    case TW_EVENT_NOTED:
    case TW_EVENT_KINDS: return TW_CLASS_NOISE;
    case TW_EVENT_LINE_PROTOCOL:
    case TW_EVENT_RBS_CHANNEL:
    case TW_EVENT_RBP_ROLE:
    case TW_EVENT_CLOCK_CHANGED: break;
    }
    return TW_CLASS_OTHER;
}

/* The most that any rule under its key makes of it. */
static enum tw_class of_forms(const struct tw_event_form *f)
{
    enum tw_class most = TW_CLASS_NOISE;
    for (; f != NULL; f = f->next) {
        enum tw_class c = of_kind(f->rule->kind);
        most = c > most ? c : most;
    }
    return most;
}

static enum tw_class of_trap(struct tw_pipeline *p, const struct tw_record *r)
{
    struct tw_trap trap;
    tw_arena_reset(p->arena);
    bool told = r->transport == TW_TRANSPORT_PDU ? tw_trap_peek_pdu(r->bytes, p->arena, &trap)
                                                 : tw_trap_peek(r->bytes, p->arena, &trap);
    /* Of version 1, or not so simple: it may be anything. */
    return told ? of_forms(tw_ruleset_trap_forms(p->rules->events, trap.oid, trap.oid_n)) : TW_CLASS_OTHER;
}

static enum tw_class of_log(const struct tw_ruleset *rules, struct tw_str bytes)
{
    struct tw_str module, brief;
    bool cut;
    if (bytes.n == 0 || !tag(bytes, &module, &brief, &cut))
        return TW_CLASS_NOISE;
    enum tw_class c = of_forms(tw_ruleset_log_forms(rules, module, brief));
    return cut && c == TW_CLASS_NOISE ? of_forms(tw_ruleset_log_forms_cut(rules, module, brief)) : c;
}

enum tw_class tw_pipeline_class(struct tw_pipeline *p, const struct tw_record *r)
{
    switch (r->transport) {
    case TW_TRANSPORT_SYSLOG: return of_log(p->rules->events, r->bytes);
    case TW_TRANSPORT_TRAP:
    case TW_TRANSPORT_PDU: return of_trap(p, r);
    case TW_TRANSPORT_LOSS:
    case TW_TRANSPORT_DIGEST:
    case TW_TRANSPORT_OPERATOR:
    case TW_TRANSPORTS: break;
    }
    return TW_CLASS_VITAL;
}
