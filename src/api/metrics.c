/* SPDX-License-Identifier: ISC */
#include "api/metrics.h"

#include <math.h>

static void add_escaped(struct tw_buf *b, const char *z, bool quotes)
{
    for (; *z != '\0'; z++) {
        if (*z == '\\' || (*z == '"' && quotes))
            tw_buf_char(b, '\\');
        if (*z == '\n')
            tw_buf_z(b, "\\n");
        else
            tw_buf_char(b, *z);
    }
}

void tw_metrics_family(struct tw_buf *b, const char *name, const char *type, const char *help)
{
    tw_buf_fmt(b, "# HELP %s ", name);
    add_escaped(b, help, false);
    tw_buf_fmt(b, "\n# TYPE %s %s\n", name, type);
}

static bool is_utf8(struct tw_str s)
{
    for (size_t i = 0, n; i < s.n; i += n) {
        if ((n = tw_utf8_len(s, i)) == 0)
            return false;
    }
    return true;
}

static void add_label(struct tw_buf *b, const struct tw_label *l)
{
    struct tw_buf safe = {0};
    const char *value = l->value;
    if (!is_utf8(tw_str_z(value))) {
        tw_buf_safe(&safe, tw_str_z(value));
        value = safe.p;
    }
    tw_buf_fmt(b, "%s=\"", l->name);
    add_escaped(b, value, true);
    tw_buf_char(b, '"');
    tw_buf_finish(&safe);
}

static void add_value(struct tw_buf *b, double v)
{
    if (isnan(v))
        tw_buf_z(b, "NaN");
    else if (isinf(v))
        tw_buf_z(b, v > 0 ? "+Inf" : "-Inf");
    else
        tw_buf_fmt(b, fabs(v) < 9e15 && (double)(int64_t)v == v ? "%.0f" : "%.17g", v);
}

void tw_metrics_sample(struct tw_buf *b, const char *name, const struct tw_label *labels, double value)
{
    tw_buf_z(b, name);
    for (const struct tw_label *l = labels; l != NULL && l->name != NULL; l++) {
        tw_buf_char(b, l == labels ? '{' : ',');
        add_label(b, l);
        if (l[1].name == NULL)
            tw_buf_char(b, '}');
    }
    tw_buf_char(b, ' ');
    add_value(b, value);
    tw_buf_char(b, '\n');
}
