/* SPDX-License-Identifier: ISC */
#include "snmp_alert.h"

#include "base/buf.h"
#include "decode/ber.h"

/* The objects of TRUNKWATCH-MIB, by their last number. */
enum field {
    ALERT_ID = 1,
    NUMBER,
    TIME,
    SINCE,
    CONDITION,
    PERCEIVED,
    SEVERITY,
    EVENT_TYPE,
    EVENT_TYPE_NAME,
    CAUSE,
    CAUSE_NAME,
    BACKED_UP,
    BACK_UP,
    PAIR,
    DEVICE,
    PEER,
    E_TRUNK,
    TRUNK,
    SUB_INTERFACES,
    SUB_INTERFACE_COUNT,
    SERVICES,
    WOULD_HELP,
    CONFIDENCE,
    MESSAGES_LOST,
    SUMMARY,
    ACTIONS,
    CHANGED,
    ACKNOWLEDGED_BY,
    CLEARED_BY,
    DURATION,
    FIELDS
};

/* Names that are longer than they should be are cut to less, but no further, if nothing else helps. */
enum { NAME_LEAST = 16 };
enum { NAME_MAX_BYTES = 64, LIST_MAX = 512, WORDS_MAX = 128, SENTENCE_MAX = 255, LINES_MAX = 1024 };
enum { CLEARED = 1, EVENT_OTHER = 1, EVENT_COMMUNICATIONS = 2, EVENT_PROCESSING = 4, EVENT_EQUIPMENT = 5 };
enum { BACKED_UP_TRUE = 1, BACKED_UP_FALSE, BACKED_UP_UNKNOWN };
enum { LENGTHS_GROW = 32 }; /* by what is put into fields that were empty */

struct value {
    int tag; /* BER_STRING: text, else number */
    int64_t number;
    struct tw_buf text;
};

struct alarm {
    const char *condition;
    int event, cause;
    const char *cause_name;
    int backed_up;
};
static const struct alarm alarms[] = {
#define TW_ALARM(condition, event, cause, name, backed)                                                      \
    {condition, EVENT_##event, cause, name, BACKED_UP_##backed},
#include "snmp_alarm.def"
#undef TW_ALARM
    {NULL, EVENT_OTHER, 0, "", BACKED_UP_UNKNOWN}}; /* a condition of somebody's own */

static const struct alarm *alarm_of(const char *condition)
{
    const struct alarm *a = alarms;
    while (a->condition != NULL && strcmp(a->condition, condition) != 0)
        a++;
    return a;
}

static const char *event_name(int event)
{
    switch (event) {
    case EVENT_COMMUNICATIONS: return "communicationsAlarm";
    case EVENT_PROCESSING: return "processingErrorAlarm";
    case EVENT_EQUIPMENT: return "equipmentAlarm";
    default: return "other";
    }
}

static void set_number(struct value *v, enum field f, int tag, int64_t n)
{
    v[f] = (struct value){.tag = tag, .number = n};
}

static void set_name(struct value *v, enum field f, const char *name)
{
    tw_buf_z(&v[f].text, name != NULL ? name : "");
    tw_buf_shorten(&v[f].text, NAME_MAX_BYTES);
}

/* DateAndTime, in UTC. */
static void set_time(struct value *v, enum field f, tw_time t)
{
    struct tw_civil c;
    tw_time_to_civil(t, &c);
    const char bytes[] = {(char)(c.year >> 8 & 0xff),
                          (char)(c.year & 0xff),
                          (char)c.month,
                          (char)c.day,
                          (char)c.hour,
                          (char)c.minute,
                          (char)c.second,
                          (char)(c.nanosecond / 100000000),
                          '+',
                          0,
                          0};
    tw_buf_add(&v[f].text, bytes, sizeof bytes);
}

static void set_changed(struct value *v, uint32_t change)
{
    for (unsigned i = 0; i < TW_CHANGES; i++) {
        if ((change >> i & 1) == 0)
            continue;
        tw_buf_z(&v[CHANGED].text, v[CHANGED].text.n > 0 ? ", " : "");
        tw_buf_z(&v[CHANGED].text, tw_change_name((enum tw_change)i));
    }
    tw_buf_shorten(&v[CHANGED].text, WORDS_MAX);
}

static int64_t severity(enum tw_severity s)
{
    static const uint8_t itu[] = {[TW_SEVERITY_CRITICAL] = 3,
                                  [TW_SEVERITY_MAJOR] = 4,
                                  [TW_SEVERITY_MINOR] = 5,
                                  [TW_SEVERITY_WARNING] = 6};
    return itu[s];
}

static void set_alarm(struct value *v, const struct tw_transition *t)
{
    const struct alarm *a = alarm_of(t->condition);
    /* It ended because the other one forwards now. */
    bool moved = t->cleared_by != NULL && strcmp(t->cleared_by, "switched-over") == 0;
    int backed_up = moved ? BACKED_UP_TRUE : a->backed_up;
    set_number(v, PERCEIVED, BER_INTEGER, t->kind == TW_CLEARED ? CLEARED : severity(t->severity));
    set_number(v, SEVERITY, BER_INTEGER, severity(t->severity));
    set_number(v, EVENT_TYPE, BER_INTEGER, a->event);
    set_name(v, EVENT_TYPE_NAME, event_name(a->event));
    set_number(v, CAUSE, BER_INTEGER, a->cause);
    set_name(v, CAUSE_NAME, a->cause_name);
    set_number(v, BACKED_UP, BER_INTEGER, backed_up);
    set_name(v, BACK_UP, backed_up != BACKED_UP_UNKNOWN ? t->peer : NULL);
}

static void set_fixed(struct value *v, const struct tw_transition *t)
{
    static const uint8_t helps[] = {
        [TW_HELP_NO] = 1, [TW_HELP_YES] = 2, [TW_HELP_UNKNOWN] = 3, [TW_HELP_NULL] = 4};
    bool cleared = t->kind == TW_CLEARED;
    set_name(v, ALERT_ID, t->alert_id);
    set_number(v, NUMBER, BER_GAUGE32, t->number);
    set_time(v, TIME, t->time);
    set_time(v, SINCE, tw_time_is_finite(t->since) ? t->since : t->time);
    set_name(v, CONDITION, t->condition);
    set_alarm(v, t);
    set_name(v, PAIR, t->pair);
    set_name(v, DEVICE, t->device);
    set_name(v, PEER, t->peer);
    set_number(v, E_TRUNK, BER_GAUGE32, t->e_trunk);
    set_name(v, TRUNK, t->trunk);
    set_number(v, SUB_INTERFACE_COUNT, BER_GAUGE32, (int64_t)t->sub_interfaces_n);
    set_number(v, WOULD_HELP, BER_INTEGER, helps[t->help]);
    set_number(v, CONFIDENCE, BER_INTEGER, (int64_t)t->confidence + 1);
    set_number(v, MESSAGES_LOST, BER_INTEGER, t->lossy ? 1 : 2);
    set_changed(v, t->change);
    set_name(v, ACKNOWLEDGED_BY, t->acknowledged != NULL ? t->acknowledged->by : NULL);
    set_name(v, CLEARED_BY, t->cleared_by);
    int64_t s = cleared ? t->duration.ns / 1000000000 : 0;
    set_number(v, DURATION, BER_GAUGE32, s < 0 ? 0 : s > UINT32_MAX ? UINT32_MAX : s);
}

/* ---- what is cut to the room there is ---- */

/* A cut that leaves nothing but full stops says nothing. */
static void shorten(struct tw_buf *b, size_t most, size_t *room)
{
    size_t max = most < *room ? most : *room;
    if (max < 3 && b->n > max)
        tw_buf_clear(b);
    tw_buf_shorten(b, max);
    *room -= b->n;
}

static void set_list(struct value *v, const char *const *names, size_t n, size_t most, size_t *room)
{
    for (size_t i = 0; i < n && v->text.n <= most; i++) {
        tw_buf_z(&v->text, i > 0 ? ", " : "");
        tw_buf_z(&v->text, names[i]);
    }
    shorten(&v->text, most, room);
}

static void add_step(struct tw_buf *b, const struct tw_hint *h)
{
    tw_buf_fmt(b, "%s on %s: ", tw_step_name(h->step), h->on != NULL ? h->on : "-");
    for (size_t i = 0; i < h->commands_n; i++) {
        tw_buf_z(b, i > 0 ? "; " : "");
        tw_buf_z(b, h->commands[i]);
    }
    if (h->commands_n == 0 && h->text != NULL)
        tw_buf_z(b, h->text);
}

/* Never half a step: its last command may be the one that matters. */
static void set_actions(struct value *v, const struct tw_transition *t, size_t *room)
{
    static const char more[] = "\n...";
    size_t most = LINES_MAX < *room ? LINES_MAX : *room;
    struct tw_buf step = {0};
    for (size_t i = 0; i < t->hints_n; i++) {
        size_t left = i + 1 < t->hints_n ? sizeof more - 1 : 0;
        tw_buf_clear(&step);
        tw_buf_z(&step, i > 0 ? "\n" : "");
        add_step(&step, &t->hints[i]);
        if (v->text.n + step.n + left > most) {
            if (v->text.n + sizeof more - 1 <= most)
                tw_buf_z(&v->text, v->text.n > 0 ? more : more + 1);
            break;
        }
        tw_buf_str(&v->text, tw_buf_view(&step));
    }
    tw_buf_finish(&step);
    *room -= v->text.n;
}

/* ---- written ---- */

static void put_oid(struct usm_out *o, const char *bytes, size_t n)
{
    size_t end = o->at;
    usm_put(o, tw_str_of(bytes, n));
    usm_wrap(o, BER_OID, end);
}

/* The name in front of the value that ends at `end`. */
static void put_name(struct usm_out *o, const char *bytes, size_t n, size_t end)
{
    put_oid(o, bytes, n);
    usm_wrap(o, BER_SEQUENCE, end);
}

static void put_pdu(struct usm_out *o, const struct snmp_alert *a, const struct tw_transition *t,
                    const struct value *v)
{
    static const char uptime[] = {0x2b, 6, 1, 2, 1, 1, 3, 0}, trap[] = {0x2b, 6, 1, 6, 3, 1, 1, 4, 1, 0};
    /* 1.3.6.1.4.1.32473.1: trunkwatchMIB */
    char name[] = {0x2b, 6, 1, 4, 1, (char)0x81, (char)0xfd, 0x59, 1, 1, 0, 0};
    enum { BRANCH = 9, WHICH = 10 };
    size_t end = o->at;
    for (int f = FIELDS - 1; f > 0; f--) {
        size_t value_end = o->at;
        if (v[f].tag == BER_STRING)
            usm_put_string(o, tw_buf_view(&v[f].text));
        else
            usm_put_number(o, v[f].tag, v[f].number);
        name[WHICH] = (char)f;
        put_name(o, name, sizeof name, value_end);
    }
    size_t value_end = o->at;
    name[BRANCH] = 0;
    name[WHICH] = (char)(t->kind + 1);
    put_oid(o, name, sizeof name - 1);
    put_name(o, trap, sizeof trap, value_end);
    value_end = o->at;
    usm_put_number(o, BER_TIMETICKS, a->uptime);
    put_name(o, uptime, sizeof uptime, value_end);
    usm_wrap(o, BER_SEQUENCE, end);
    usm_put_int(o, 0);
    usm_put_int(o, 0);
    usm_put_int(o, a->request_id);
    usm_wrap(o, a->tag, end);
}

/* With what may be cut still empty; nothing is left written. */
static size_t size_of(struct usm_out *o, const struct snmp_alert *a, const struct tw_transition *t,
                      const struct value *v)
{
    size_t end = o->at;
    put_pdu(o, a, t, v);
    size_t n = o->full ? SIZE_MAX : end - o->at + LENGTHS_GROW;
    o->at = end;
    o->full = false;
    return n;
}

void snmp_alert_put(struct usm_out *o, const struct snmp_alert *a, const struct tw_transition *t)
{
    struct value v[FIELDS] = {0};
    for (int f = 1; f < FIELDS; f++)
        v[f].tag = BER_STRING;
    set_fixed(v, t);
    size_t used = size_of(o, a, t, v);
    for (size_t max = NAME_MAX_BYTES / 2; used > a->most && max >= NAME_LEAST; max /= 2) {
        for (int f = 1; f < FIELDS; f++)
            tw_buf_shorten(&v[f].text, max);
        used = size_of(o, a, t, v);
    }
    size_t room = used < a->most ? a->most - used : 0;
    tw_buf_z(&v[SUMMARY].text, t->summary);
    shorten(&v[SUMMARY].text, SENTENCE_MAX, &room);
    set_list(&v[SERVICES], t->services, t->services_n, WORDS_MAX, &room);
    set_list(&v[SUB_INTERFACES], t->sub_interfaces, t->sub_interfaces_n, LIST_MAX, &room);
    set_actions(&v[ACTIONS], t, &room);
    put_pdu(o, a, t, v);
    for (int f = 1; f < FIELDS; f++)
        tw_buf_finish(&v[f].text);
}
