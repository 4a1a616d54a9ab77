/* SPDX-License-Identifier: ISC */
#include "message.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* The number for documentation (RFC 5612): trunkwatch has none of its own. */
#define SD_ID "trunkwatch@32473"
enum { LIST_SHOWN = 32 };

/* RFC 5424, table 2: by what somebody has to do. What is over is a notice. */
static unsigned severity(const struct tw_transition *t)
{
    static const unsigned of[] = {[TW_SEVERITY_WARNING] = 4,
                                  [TW_SEVERITY_MINOR] = 4,
                                  [TW_SEVERITY_MAJOR] = 3,
                                  [TW_SEVERITY_CRITICAL] = 2};
    return t->kind == TW_CLEARED ? 5 : of[t->severity];
}

/* `"`, `\` and `]` are escaped (RFC 5424 6.3.3); what is not printable is shown. */
static void value(struct tw_buf *b, const char *text)
{
    struct tw_buf safe = {0};
    tw_buf_safe(&safe, tw_str_z(text));
    for (size_t i = 0; i < safe.n; i++) {
        if (safe.p[i] == '"' || safe.p[i] == '\\' || safe.p[i] == ']')
            tw_buf_char(b, '\\');
        tw_buf_char(b, safe.p[i]);
    }
    tw_buf_finish(&safe);
}

static void parameter(struct tw_buf *b, const char *name, const char *text)
{
    if (text == NULL)
        return;
    tw_buf_fmt(b, " %s=\"", name);
    value(b, text);
    tw_buf_char(b, '"');
}

static void number(struct tw_buf *b, const char *name, uint64_t n)
{
    tw_buf_fmt(b, " %s=\"%" PRIu64 "\"", name, n);
}

static void list(struct tw_buf *b, const char *name, const char *const *texts, size_t n, size_t shown)
{
    struct tw_buf all = {0};
    for (size_t i = 0; i < n && i < shown; i++)
        tw_buf_fmt(&all, "%s%s", i > 0 ? "," : "", texts[i]);
    if (n > shown)
        tw_buf_fmt(&all, "%sand %zu more", shown > 0 ? "," : "", n - shown);
    parameter(b, name, n > 0 ? all.p : NULL);
    tw_buf_finish(&all);
}

static void data(struct tw_buf *b, const struct tw_transition *t, size_t shown)
{
    char time[TW_TIME_TEXT];
    tw_buf_z(b, "[" SD_ID);
    parameter(b, "alert_id", t->alert_id);
    number(b, "number", t->number);
    parameter(b, "transition", tw_transition_name(t->kind));
    parameter(b, "condition", t->condition);
    parameter(b, "severity", tw_severity_name(t->severity));
    parameter(b, "pair", t->pair);
    if (t->e_trunk > 0)
        number(b, "e_trunk", t->e_trunk);
    parameter(b, "device", t->device);
    parameter(b, "peer", t->peer);
    parameter(b, "trunk", t->trunk);
    list(b, "sub_interfaces", t->sub_interfaces, t->sub_interfaces_n, shown);
    list(b, "services", t->services, t->services_n, LIST_SHOWN);
    parameter(b, "since", tw_time_text(t->since, time));
    parameter(b, "switchover_would_help", tw_help_name(t->help));
    parameter(b, "confidence", tw_confidence_name(t->confidence));
    parameter(b, "feed", t->lossy ? "lossy" : "ok");
    parameter(b, "cleared_by", t->kind == TW_CLEARED ? t->cleared_by : NULL);
    tw_buf_char(b, ']');
}

static void format(const struct tw_item *i, const struct tw_message_options *o, size_t shown,
                   struct tw_buf *b)
{
    const struct tw_transition *t = &i->t;
    char time[TW_TIME_TEXT];
    tw_buf_fmt(b, "<%u>1 %s %.255s trunkwatch %ld ", o->facility * 8 + severity(t),
               tw_time_text(t->time, time), o->hostname, (long)getpid());
    tw_buf_fmt(b, "%.32s ", t->condition);
    data(b, t, shown);
    tw_buf_fmt(b,
               "[meta sequenceId=\"%" PRIu32
               "\"][origin software=\"trunkwatch\" swVersion=\"%.32s\"] \xef\xbb\xbf",
               o->sequence, o->version);
    tw_buf_safe(b, tw_str_z(t->summary));
}

void tw_message_format(const struct tw_item *i, const struct tw_message_options *o, struct tw_buf *out)
{
    static const size_t shown[] = {LIST_SHOWN, 8, 2, 0};
    size_t at = out->n;
    for (size_t k = 0; k < sizeof shown / sizeof *shown; k++) {
        out->n = at;
        format(i, o, shown[k], out);
        if (o->most == 0 || out->n - at <= o->most)
            return;
    }
    /* The end of the summary; its beginning says what it is. */
    size_t n = at + o->most;
    while (n > at && ((unsigned char)out->p[n] & 0xc0) == 0x80)
        n--;
    out->n = n;
    out->p[n] = '\0';
}
