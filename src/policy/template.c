/* SPDX-License-Identifier: ISC */
#include "policy_internal.h"

static const struct tw_str names[] = {
#define TW_PLACEHOLDER(id, name) {name, sizeof name - 1},
#include "policy/placeholder.def"
#undef TW_PLACEHOLDER
};

enum tw_placeholder tw_placeholder_at(struct tw_str s, size_t i, size_t *len)
{
    size_t end = tw_str_find(s, '}', i);
    if (end == SIZE_MAX)
        return TW_PLACEHOLDERS;
    struct tw_str name = tw_str_of(s.p + i + 1, end - i - 1);
    *len = end - i + 1;
    size_t ph = 0;
    while (ph < TW_PLACEHOLDERS && !tw_str_eq(name, names[ph]))
        ph++;
    return (enum tw_placeholder)ph;
}

const char *policy_template(struct loader *l, const struct tw_node *n, const char *what, bool *has_rbs)
{
    struct tw_str text;
    if (!tw_doc_want_text(l->doc, n, what, l->errors, &text))
        return NULL;
    for (size_t i = 0; i < text.n; i++) {
        size_t len;
        if (text.p[i] != '{')
            continue;
        enum tw_placeholder ph = tw_placeholder_at(text, i, &len);
        if (ph == TW_PLACEHOLDERS)
            tw_doc_error(l->doc, n, l->errors,
                         "'%.*s' in %s, expected a known placeholder such as {device} or {sub-interface}",
                         TW_STR_ARG(tw_str_cut(tw_str_from(text, i), 24)), what);
        else if (ph == TW_PH_RBS && has_rbs != NULL)
            *has_rbs = true;
    }
    return text.p;
}
