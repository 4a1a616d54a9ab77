/* SPDX-License-Identifier: ISC */
/*
 * The JSON form, written straight into the buffer: a transition holds some five kilobytes of text, and
 * building a tree of it first took twenty times as long as everything else about it (docs/decisions/0007).
 */
#include "render/render.h"

#include <stdio.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

/* Writes a character that can't stand for itself; returns where the next one goes. */
static char *escape(char *to, unsigned char c)
{
    static const char short_forms[] = {['\b'] = 'b', ['\t'] = 't', ['\n'] = 'n', ['\f'] = 'f', ['\r'] = 'r'};
    static const char digits[] = "0123456789ABCDEF";
    *to++ = '\\';
    if (c == '"' || c == '\\') {
        *to++ = (char)c;
    } else if (c < sizeof short_forms && short_forms[c] != 0) {
        *to++ = short_forms[c];
    } else {
        memcpy(to, "u00", 3);
        to[3] = digits[c >> 4];
        to[4] = digits[c & 15];
        to += 5;
    }
    return to;
}

#ifdef __SSE2__
/* A bit per byte that can't stand for itself, or is part of a longer character. */
static unsigned special(__m128i v)
{
    __m128i quote = _mm_cmpeq_epi8(v, _mm_set1_epi8('"')), slash = _mm_cmpeq_epi8(v, _mm_set1_epi8('\\'));
    __m128i low = _mm_cmplt_epi8(v, _mm_set1_epi8(0x20)); /* signed: what is over 0x7f, too */
    return (unsigned)_mm_movemask_epi8(_mm_or_si128(low, _mm_or_si128(quote, slash)));
}
#endif

/* Copies from byte i on, and returns how many: not all that could be, but most, by the word. Nearly all texts
 * are plain, and many are short: the last word overlaps those before. */
static size_t copy_plain(char *to, struct tw_str s, size_t i)
{
    const char *from = s.p + i;
    size_t n = s.n - i, at = 0;
#ifdef __SSE2__
    enum { WORD = sizeof(__m128i), HALF = WORD / 2 };
    for (; at + WORD <= n; at += WORD) {
        __m128i v = _mm_loadu_si128((const __m128i *)(const void *)(from + at));
        if (special(v) != 0)
            return at;
        _mm_storeu_si128((__m128i *)(void *)(to + at), v);
    }
    if (n >= WORD) {
        __m128i v = _mm_loadu_si128((const __m128i *)(const void *)(from + n - WORD));
        if (special(v) != 0)
            return at;
        _mm_storeu_si128((__m128i *)(void *)(to + n - WORD), v);
        return n;
    }
    if (n >= HALF) {
        __m128i first = _mm_loadl_epi64((const __m128i *)(const void *)from),
                last = _mm_loadl_epi64((const __m128i *)(const void *)(from + n - HALF));
        if (special(_mm_unpacklo_epi64(first, last)) != 0)
            return 0;
        _mm_storel_epi64((__m128i *)(void *)to, first);
        _mm_storel_epi64((__m128i *)(void *)(to + n - HALF), last);
        return n;
    }
#endif
    return at;
}

static bool is_utf8(struct tw_str s)
{
    for (size_t i = 0, n; i < s.n; i += n) {
        if ((n = tw_utf8_len(s, i)) == 0)
            return false;
    }
    return true;
}

/* NOLINTNEXTLINE(misc-no-recursion): once: what tw_buf_safe() makes is UTF-8 */
static void put_str(struct tw_buf *b, struct tw_str s)
{
    enum { LONGEST = 6 /* "\u001F" */, WORD = 16 };
    tw_buf_reserve(b, LONGEST * s.n + 2);
    char *to = b->p + b->n;
    bool ascii = true;
    *to++ = '"';
    for (size_t i = 0; i < s.n;) {
        size_t n = copy_plain(to, s, i);
        to += n;
        i += n;
        /* One of the next is special, or they are the last. */
        for (size_t end = i + WORD < s.n ? i + WORD : s.n; i < end; i++) {
            unsigned char c = (unsigned char)s.p[i];
            ascii = ascii && c < 0x80;
            if (c < 0x20 || c == '"' || c == '\\')
                to = escape(to, c);
            else
                *to++ = (char)c;
        }
    }
    *to++ = '"';
    *to = '\0';
    if (ascii || is_utf8(s)) {
        b->n = (size_t)(to - b->p);
        return;
    }
    /* JSON is UTF-8. The core hands out safe text; should it ever not, an escape is better than a hole. */
    struct tw_buf safe = {0};
    tw_buf_safe(&safe, s);
    put_str(b, tw_buf_view(&safe));
    tw_buf_finish(&safe);
}

/* NULL stands for null. */
static void text(struct tw_buf *b, const char *z)
{
    if (z != NULL)
        put_str(b, tw_str_z(z));
    else
        tw_buf_z(b, "null");
}

static void moment(struct tw_buf *b, tw_time t)
{
    char buf[TW_TIME_TEXT];
    text(b, tw_time_is_finite(t) ? tw_time_text(t, buf) : NULL);
}

static void texts(struct tw_buf *b, const char *const *list, size_t n)
{
    tw_buf_char(b, '[');
    for (size_t i = 0; i < n; i++) {
        if (i > 0)
            tw_buf_char(b, ',');
        text(b, list[i]);
    }
    tw_buf_char(b, ']');
}

static void hint(struct tw_buf *b, const struct tw_hint *h)
{
    tw_buf_z(b, "{\"step\":");
    text(b, tw_step_name(h->step));
    tw_buf_z(b, ",\"on\":");
    text(b, h->on);
    tw_buf_z(b, ",\"text\":");
    text(b, h->text);
    tw_buf_z(b, ",\"commands\":");
    texts(b, h->commands, h->commands_n);
    tw_buf_char(b, '}');
}

static void evidence(struct tw_buf *b, const struct tw_evidence_line *e)
{
    tw_buf_z(b, "{\"time\":");
    moment(b, e->time);
    tw_buf_z(b, ",\"device\":");
    text(b, e->device);
    tw_buf_z(b, ",\"source\":");
    text(b, tw_source_name(e->source));
    tw_buf_z(b, ",\"text\":");
    text(b, e->text);
    tw_buf_char(b, '}');
}

/* Seconds with up to three decimals, and at least one. */
static void seconds(struct tw_buf *b, tw_dur d)
{
    char text[32];
    int64_t ms = d.ns / 1000000;
    int n = snprintf(text, sizeof text, "%lld.%03lld", (long long)(ms / 1000), (long long)(ms % 1000));
    while (text[n - 1] == '0' && text[n - 2] != '.')
        n--;
    tw_buf_add(b, text, (size_t)n);
}

static void fields(struct tw_buf *b, const char *const (*rows)[2], size_t n)
{
    for (size_t i = 0; i < n; i++) {
        tw_buf_z(b, rows[i][0]);
        text(b, rows[i][1]);
    }
}

static void lists(struct tw_buf *b, const struct tw_transition *t)
{
    tw_buf_z(b, ",\"hints\":[");
    for (size_t i = 0; i < t->hints_n; i++) {
        if (i > 0)
            tw_buf_char(b, ',');
        hint(b, &t->hints[i]);
    }
    tw_buf_z(b, "],\"evidence\":[");
    for (size_t i = 0; i < t->evidence_n; i++) {
        if (i > 0)
            tw_buf_char(b, ',');
        evidence(b, &t->evidence[i]);
    }
    tw_buf_char(b, ']');
}

void tw_render_json(const struct tw_transition *t, struct tw_buf *out)
{
    const char *const head[][2] = {{",\"transition\":", tw_transition_name(t->kind)},
                                   {",\"alert_id\":", t->alert_id},
                                   {",\"condition\":", t->condition},
                                   {",\"severity\":", tw_severity_name(t->severity)},
                                   {",\"pair\":", t->pair}};
    const char *const place[][2] = {
        {",\"device\":", t->device}, {",\"peer\":", t->peer}, {",\"trunk\":", t->trunk}};
    const char *const verdict[][2] = {{",\"switchover_would_help\":", tw_help_name(t->help)},
                                      {",\"confidence\":", tw_confidence_name(t->confidence)},
                                      {",\"summary\":", t->summary}};
    char digits[TW_U64_TEXT];
    tw_buf_z(out, "{\"seq\":");
    tw_buf_z(out, tw_u64_text(t->seq, digits));
    tw_buf_z(out, ",\"time\":");
    moment(out, t->time);
    fields(out, head, sizeof head / sizeof *head);
    tw_buf_z(out, ",\"e_trunk\":");
    tw_buf_z(out, t->e_trunk > 0 ? tw_u64_text(t->e_trunk, digits) : "null");
    fields(out, place, sizeof place / sizeof *place);
    tw_buf_z(out, ",\"sub_interfaces\":");
    texts(out, t->sub_interfaces, t->sub_interfaces_n);
    tw_buf_z(out, ",\"services\":");
    texts(out, t->services, t->services_n);
    tw_buf_z(out, ",\"since\":");
    moment(out, t->since);
    fields(out, verdict, sizeof verdict / sizeof *verdict);
    lists(out, t);
    tw_buf_z(out, ",\"duration_s\":");
    if (t->kind == TW_CLEARED)
        seconds(out, t->duration);
    else
        text(out, NULL);
    tw_buf_z(out, ",\"cleared_by\":");
    text(out, t->kind == TW_CLEARED ? t->cleared_by : NULL);
    tw_buf_z(out, "}\n");
}
