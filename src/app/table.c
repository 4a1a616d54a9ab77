/* SPDX-License-Identifier: ISC */
#include "table.h"

#include "base/err.h"
#include "base/mem.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

bool tw_person_colour(void)
{
    const char *no = getenv("NO_COLOR");
    return isatty(STDOUT_FILENO) && (no == NULL || no[0] == '\0');
}

void tw_person_text(struct tw_buf *b, bool colour, enum tw_tone tone, const char *z)
{
    static const char *const codes[] = {
        [TW_TONE_FAINT] = "2", [TW_TONE_HEAD] = "1", [TW_TONE_ODD] = "33", [TW_TONE_BAD] = "1;31"};
    bool on = colour && tone != TW_TONE_PLAIN;
    if (on)
        tw_buf_fmt(b, "\033[%sm", codes[tone]);
    tw_buf_safe(b, tw_str_z(z));
    if (on)
        tw_buf_z(b, "\033[0m");
}

const char *tw_person_dur(tw_dur d, char buf[static TW_PERSON_TEXT])
{
    int64_t s = d.ns / 1000000000;
    if (s < 0)
        s = 0;
    if (s < 60)
        (void)snprintf(buf, TW_PERSON_TEXT, "%" PRId64 " s", s);
    else if (s < 3600)
        (void)snprintf(buf, TW_PERSON_TEXT, "%" PRId64 " min", s / 60);
    else if (s < 86400)
        (void)snprintf(buf, TW_PERSON_TEXT, "%" PRId64 " h %" PRId64 " min", s / 3600, s % 3600 / 60);
    else
        (void)snprintf(buf, TW_PERSON_TEXT, "%" PRId64 " d %" PRId64 " h", s / 86400, s % 86400 / 3600);
    return buf;
}

const char *tw_person_bytes(double n, char buf[static TW_PERSON_TEXT])
{
    static const char *const units[] = {"B", "kB", "MB", "GB", "TB"};
    size_t i = 0;
    while (n >= 1000 && i + 1 < sizeof units / sizeof *units) {
        n /= 1000;
        i++;
    }
    (void)snprintf(buf, TW_PERSON_TEXT, i == 0 ? "%.0f %s" : "%.1f %s", n, units[i]);
    return buf;
}

tw_time tw_person_time(const char *z)
{
    struct tw_civil c = {0};
    int ms = 0, end = 0;
    if (z == NULL)
        return TW_TIME_MIN;
    /* NOLINTNEXTLINE(cert-err34-c): at most four digits each */
    int n = sscanf(z, "%4d-%2d-%2dT%2d:%2d:%2d.%3dZ%n", &c.year, &c.month, &c.day, &c.hour, &c.minute,
                   &c.second, &ms, &end);
    if (n != 7 || end == 0 || z[end] != '\0' || c.month < 1 || c.month > 12 || c.day < 1 || c.day > 31)
        return TW_TIME_MIN;
    c.nanosecond = ms * 1000000;
    return tw_time_from_civil(&c);
}

void tw_table_init(struct tw_table *t, const char *const *heads)
{
    *t = (struct tw_table){0};
    for (size_t i = 0; heads[i] != NULL; i++) {
        TW_ASSERT(i < TW_TABLE_COLUMNS);
        t->right[i] = heads[i][0] == '>';
        tw_table_cell(t, TW_TONE_HEAD, "%s", heads[i] + t->right[i]);
        t->columns++;
    }
}

void tw_table_cell(struct tw_table *t, enum tw_tone tone, const char *fmt, ...)
{
    char *text = NULL;
    struct tw_buf safe = {0};
    va_list ap;
    va_start(ap, fmt);
    TW_ASSERT(vasprintf(&text, fmt, ap) >= 0);
    va_end(ap);
    tw_buf_reserve(&safe, 1);
    safe.p[0] = '\0'; /* nothing may be added */
    tw_buf_safe(&safe, tw_str_z(text));
    free(text);
    *TW_PUSH(t->cells, t->n, t->cap) = (struct tw_cell){safe.p, NULL, tone};
}

void tw_table_note(struct tw_table *t, const char *z)
{
    struct tw_buf safe = {0};
    TW_ASSERT(t->n > 0 && t->n % t->columns == 0 && t->cells[t->n - 1].note == NULL);
    tw_buf_reserve(&safe, 1);
    safe.p[0] = '\0';
    tw_buf_safe(&safe, tw_str_z(z));
    t->cells[t->n - 1].note = safe.p;
}

static size_t width(const char *z)
{
    size_t n = 0;
    for (; *z != '\0'; z++)
        n += ((unsigned char)*z & 0xc0) != 0x80;
    return n;
}

static void pad(struct tw_buf *b, size_t n)
{
    while (n-- > 0)
        tw_buf_char(b, ' ');
}

static void print_cell(const struct tw_table *t, size_t i, size_t widest, bool colour, struct tw_buf *out)
{
    size_t column = i % t->columns, room = widest - width(t->cells[i].text);
    bool last = column + 1 == t->columns;
    if (t->right[column])
        pad(out, room);
    tw_person_text(out, colour, t->cells[i].tone, t->cells[i].text);
    if (!t->right[column] && !last)
        pad(out, room);
    tw_buf_z(out, last ? "\n" : "  ");
}

void tw_table_print(struct tw_table *t, bool colour, struct tw_buf *out)
{
    size_t widest[TW_TABLE_COLUMNS] = {0};
    TW_ASSERT(t->n % t->columns == 0);
    for (size_t i = 0; i < t->n; i++) {
        size_t n = width(t->cells[i].text);
        if (n > widest[i % t->columns])
            widest[i % t->columns] = n;
    }
    for (size_t i = 0; i < t->n; i++) {
        print_cell(t, i, widest[i % t->columns], colour, out);
        if (t->cells[i].note != NULL)
            tw_buf_fmt(out, "    %s\n", t->cells[i].note);
        free(t->cells[i].text);
        free(t->cells[i].note);
    }
    free(t->cells);
    t->cells = NULL;
    t->n = t->cap = 0;
}
