/* SPDX-License-Identifier: ISC */
#include "model/loss.h"

#include <inttypes.h>

static const char mark[] = "trunkwatch-loss", by[] = "certificate";

const char *tw_loss_name(enum tw_loss_cause c)
{
    static const char *const names[] = {"kernel", "disconnect", "framing", "shed", "restart"};
    return names[c];
}

const char *tw_class_name(enum tw_class c)
{
    static const char *const names[] = {"noise", "other", "vital"};
    return names[c];
}

static struct tw_str word(struct tw_str *rest)
{
    struct tw_str s = tw_str_trim(*rest), w = tw_str_cut(s, tw_str_find(s, ' ', 0));
    *rest = tw_str_from(s, w.n);
    return w;
}

bool tw_loss_parse(struct tw_str text, struct tw_loss *out)
{
    struct tw_str rest = text;
    *out = (struct tw_loss){0};
    if (!tw_str_starts(text, tw_str_z(mark)) || !tw_str_eq(word(&rest), tw_str_z(mark)))
        return false;
    struct tw_str cause = word(&rest), count = word(&rest), from = word(&rest), more = word(&rest);
    int c = 0;
    while (c < TW_LOSSES && !tw_str_eq(cause, tw_str_z(tw_loss_name((enum tw_loss_cause)c))))
        c++;
    if (c == TW_LOSSES || !tw_str_u64(count, INT64_MAX, &out->count) || out->count == 0)
        return false;
    out->cause = (enum tw_loss_cause)c;
    out->certificate = tw_str_trim(rest); /* there may be blanks in it */
    if (more.n > 0 && (!tw_str_eq(more, tw_str_z(by)) || out->certificate.n == 0))
        return false;
    return from.n == 0 || tw_addr_parse(from, &out->from);
}

void tw_loss_text(const struct tw_loss *l, struct tw_buf *out)
{
    char address[TW_ADDR_TEXT];
    tw_buf_fmt(out, "%s %s %" PRIu64, mark, tw_loss_name(l->cause), l->count);
    if (l->from.family != 0)
        tw_buf_fmt(out, " %s", tw_addr_text(&l->from, address));
    if (l->from.family != 0 && l->certificate.n > 0)
        tw_buf_fmt(out, " %s %.*s", by, TW_STR_ARG(l->certificate));
}
