/* SPDX-License-Identifier: ISC */
#include "policy_internal.h"

static const struct tw_str names[] = {
#define TW_PLACEHOLDER(id, name)                                                                             \
    {name, sizeof(name) - 1}, /* NOLINT(bugprone-macro-parentheses): a literal                               \
                               */
#include "policy/placeholder.def"
#undef TW_PLACEHOLDER
};

/* The placeholder that starts at s.p[i] == '{'; *len is its length with braces. TW_PLACEHOLDERS: none such.
 */
static enum tw_placeholder placeholder_at(struct tw_str s, size_t i, size_t *len)
{
    size_t end = tw_str_find(s, '}', i), ph = 0;
    if (end == SIZE_MAX)
        return TW_PLACEHOLDERS;
    struct tw_str name = tw_str_of(s.p + i + 1, end - i - 1);
    *len = end - i + 1;
    while (ph < TW_PLACEHOLDERS && !tw_str_eq(name, names[ph]))
        ph++;
    return (enum tw_placeholder)ph;
}

struct tw_template tw_template_parse(struct tw_str text, struct tw_arena *arena, size_t *wrong)
{
    size_t braces = 0, from = 0, i = 0;
    *wrong = SIZE_MAX;
    for (size_t k = 0; (k = tw_str_find(text, '{', k)) != SIZE_MAX; k++)
        braces++;
    struct tw_template_piece *pieces = tw_arena_alloc(arena, (braces + 1) * sizeof *pieces);
    struct tw_template t = {.pieces = pieces};
    while ((i = tw_str_find(text, '{', i)) != SIZE_MAX) {
        size_t len = 0;
        enum tw_placeholder ph = placeholder_at(text, i, &len);
        if (ph == TW_PLACEHOLDERS) {
            *wrong = *wrong == SIZE_MAX ? i : *wrong;
            i++;
            continue;
        }
        pieces[t.n++] = (struct tw_template_piece){tw_str_of(text.p + from, i - from), ph};
        from = i += len;
    }
    pieces[t.n++] = (struct tw_template_piece){tw_str_from(text, from), TW_PLACEHOLDERS};
    return t;
}

struct tw_template policy_template(struct loader *l, const struct tw_node *n, const char *what, bool *has_rbs)
{
    struct tw_str text;
    size_t wrong;
    if (!tw_doc_want_text(l->doc, n, what, l->errors, &text))
        return (struct tw_template){0};
    struct tw_template t = tw_template_parse(text, l->arena, &wrong);
    if (wrong != SIZE_MAX)
        tw_doc_error(l->doc, n, l->errors,
                     "'%.*s' in %s, expected a known placeholder such as {device} or {sub-interface}",
                     TW_STR_ARG(tw_str_cut(tw_str_from(text, wrong), 24)), what);
    for (size_t i = 0; has_rbs != NULL && i < t.n; i++)
        *has_rbs = *has_rbs || t.pieces[i].placeholder == TW_PH_RBS;
    return t;
}
