/* SPDX-License-Identifier: ISC */
#include "doc/doc.h"

#include "base/buf.h"
#include "base/mem.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

__attribute__((format(printf, 5, 0))) static void add(struct tw_errors *e, const char *file, uint32_t line,
                                                      uint32_t column, const char *fmt, va_list ap)
{
    if (e->n >= TW_ERRORS_MAX) {
        e->dropped++;
        return;
    }
    va_list again;
    va_copy(again, ap);
    int n = vsnprintf(NULL, 0, fmt, again);
    va_end(again);
    TW_ASSERT(n >= 0);
    char *raw = tw_xmalloc((size_t)n + 1);
    (void)vsnprintf(raw, (size_t)n + 1, fmt, ap);

    struct tw_buf text = {0};
    tw_buf_safe(&text, tw_str_z(file));
    tw_buf_fmt(&text, ":%u:%u: ", line, column);
    tw_buf_safe(&text, tw_str_of(raw, (size_t)n));
    free(raw);
    *TW_PUSH(e->text, e->n, e->cap) = text.p;
}

void tw_errors_add(struct tw_errors *e, const char *file, uint32_t line, uint32_t column, const char *fmt,
                   ...)
{
    va_list ap;
    va_start(ap, fmt);
    add(e, file, line, column, fmt, ap);
    va_end(ap);
}

void tw_doc_error(const struct tw_doc *d, const struct tw_node *at, struct tw_errors *errors, const char *fmt,
                  ...)
{
    va_list ap;
    va_start(ap, fmt);
    add(errors, d->file, at != NULL ? at->line : 1, at != NULL ? at->column : 1, fmt, ap);
    va_end(ap);
}

void tw_errors_move(struct tw_errors *to, struct tw_errors *from)
{
    for (size_t i = 0; i < from->n; i++) {
        if (to->n < TW_ERRORS_MAX) {
            *TW_PUSH(to->text, to->n, to->cap) = from->text[i];
        } else {
            free(from->text[i]);
            to->dropped++;
        }
    }
    to->dropped += from->dropped;
    free(from->text);
    *from = (struct tw_errors){0};
}

void tw_errors_finish(struct tw_errors *e)
{
    for (size_t i = 0; i < e->n; i++)
        free(e->text[i]);
    free(e->text);
    *e = (struct tw_errors){0};
}

const char *tw_doc_quote(struct tw_str word, char buf[static TW_QUOTE_TEXT])
{
    const size_t most = 60;
    size_t n = word.n;
    if (n > most) {
        /* Not in the middle of a character. */
        for (n = most; n > 0 && ((unsigned char)word.p[n] & 0xc0) == 0x80;)
            n--;
    }
    (void)snprintf(buf, TW_QUOTE_TEXT, "'%.*s%s'", (int)n, n > 0 ? word.p : "", n < word.n ? "..." : "");
    return buf;
}
