/* SPDX-License-Identifier: ISC */
/* Messages that nobody understood, for machines and for people. */
#include "render/render.h"

#include <inttypes.h>

static const char *transport_name(enum tw_transport t)
{
    return t == TW_TRANSPORT_TRAP ? "trap" : "syslog";
}

/* What the core hands out is printable UTF-8: these two can't stand for themselves in JSON. NULL: null. */
static void quoted(struct tw_buf *b, const char *z)
{
    if (z == NULL) {
        tw_buf_z(b, "null");
        return;
    }
    tw_buf_char(b, '"');
    for (; *z != '\0'; z++) {
        if (*z == '"' || *z == '\\')
            tw_buf_char(b, '\\');
        tw_buf_char(b, *z);
    }
    tw_buf_char(b, '"');
}

static void one(struct tw_buf *b, const struct tw_signature *s)
{
    char first[TW_TIME_TEXT], last[TW_TIME_TEXT];
    tw_buf_fmt(b, "{\"transport\":\"%s\",\"reason\":\"%s\",\"name\":", transport_name(s->transport),
               tw_counter_name(s->reason));
    quoted(b, s->name);
    tw_buf_fmt(b,
               ",\"count\":%" PRIu64 ",\"first\":\"%s\",\"last\":\"%s\",\"devices\":%u,\"device\":", s->count,
               tw_time_text(s->first, first), tw_time_text(s->last, last), s->devices);
    quoted(b, s->device);
    tw_buf_z(b, ",\"sample\":");
    quoted(b, s->sample);
    tw_buf_char(b, '}');
}

void tw_render_unknown_json(const struct tw_signatures *s, struct tw_buf *out)
{
    tw_buf_fmt(out, "{\"messages\":%" PRIu64 ",\"unlisted\":%" PRIu64 ",\"unknown\":[", s->messages,
               s->unlisted);
    for (size_t i = 0; i < s->n; i++) {
        tw_buf_z(out, i > 0 ? ",\n" : "\n");
        one(out, &s->rows[i]);
    }
    tw_buf_z(out, "]}\n");
}

void tw_render_unknown_text(const struct tw_signatures *s, struct tw_buf *out)
{
    char first[TW_TIME_TEXT], last[TW_TIME_TEXT];
    tw_buf_fmt(out, "not understood: %" PRIu64 " messages of %zu kinds", s->messages - s->unlisted, s->n);
    if (s->unlisted > 0)
        tw_buf_fmt(out, ", and %" PRIu64 " that found no room in this list", s->unlisted);
    tw_buf_char(out, '\n');
    for (size_t i = 0; i < s->n; i++) {
        const struct tw_signature *r = &s->rows[i];
        tw_buf_fmt(out, "%10" PRIu64 "  %s %s  %s, %u device%s, %s to %s\n", r->count,
                   transport_name(r->transport), r->name, tw_counter_name(r->reason), r->devices,
                   r->devices == 1 ? "" : "s", tw_time_text(r->first, first), tw_time_text(r->last, last));
        tw_buf_fmt(out, "            %s: %s\n", r->device != NULL ? r->device : "-", r->sample);
    }
}
