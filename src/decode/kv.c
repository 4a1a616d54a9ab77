/* SPDX-License-Identifier: ISC */
#include "decode/log.h"

#include "base/err.h"
#include "chars.h"

/* How far a closing bracket or quote is looked for: hostile text must not make the walk quadratic. */
enum { KEY_MAX = 64, UNIT_MAX = 8, BRACKET_MAX = 256, QUOTE_MAX = 1024 };

static size_t skip_blanks(struct tw_str s, size_t i)
{
    while (i < s.n && tw_is_space(s.p[i]))
        i++;
    return i;
}

/* A unit behind a key: "Temperature(C)=", "Usage (%) =". */
static size_t past_unit(struct tw_str s, size_t i)
{
    size_t k = i + 1;
    while (k < s.n && k - i <= UNIT_MAX && (tw_is_alnum(s.p[k]) || s.p[k] == '%' || s.p[k] == '/'))
        k++;
    return k < s.n && s.p[k] == ')' ? skip_blanks(s, k + 1) : i;
}

/* When "key =" starts at i (blanks first): the position of its '='; else 0. */
static size_t key_at(struct tw_str s, size_t i)
{
    i = skip_blanks(s, i);
    if (i >= s.n || !tw_is_alnum(s.p[i]))
        return 0;
    size_t from = i;
    i = chars_span(CHARS_KEY, tw_str_cut(s, from + KEY_MAX + 1), from);
    if (i < s.n && s.p[i] == '(')
        i = past_unit(s, i);
    return i < s.n && s.p[i] == '=' ? i : 0;
}

static bool ends_chunk(struct tw_str s, size_t i)
{
    i = skip_blanks(s, i);
    return i >= s.n || s.p[i] == ',' || s.p[i] == ';' || s.p[i] == ')';
}

/* Past the quote that closes the one at i: one that a separator follows. i + 1 when there is none. */
static size_t past_quote(struct tw_str s, size_t i)
{
    size_t limit = s.n - i > QUOTE_MAX ? i + QUOTE_MAX : s.n;
    for (size_t k = i + 1; k < limit; k++) {
        if (s.p[k] == '"' && ends_chunk(s, k + 1))
            return k + 1;
    }
    return i + 1;
}

/* Past the bracket that closes the one at i; i + 1 when there is none near. */
static size_t past_bracket(struct tw_str s, size_t i)
{
    char open = s.p[i], close = open == '(' ? ')' : ']';
    size_t limit = s.n - i > BRACKET_MAX ? i + BRACKET_MAX : s.n;
    int depth = 0;
    for (size_t k = i; k < limit; k++) {
        depth += (s.p[k] == open) - (s.p[k] == close);
        if (depth == 0)
            return k + 1;
    }
    return i + 1;
}

/* The end of the value that starts at i: a separator with a key behind it, whose '=' is then at *eq, or the
 * end. */
static size_t value_end(struct tw_str s, size_t i, size_t *eq)
{
    *eq = 0;
    i = skip_blanks(s, i);
    if (i < s.n && s.p[i] == '"') /* quotes count only where a value starts */
        i = past_quote(s, i);
    while (i < s.n) {
        char c = s.p[i];
        if (chars_in(CHARS_TEXT, c))
            i = chars_span(CHARS_TEXT, s, i);
        else if (c == '(' || c == '[')
            i = past_bracket(s, i);
        else if ((*eq = key_at(s, i + 1)) != 0 || skip_blanks(s, i + 1) == s.n)
            break;
        else
            i++;
    }
    return i;
}

/* Where the list that opens at i closes, by walking its values; s.n when it does not. A further ')' that
 * nothing opened means that the first one was part of a value. */
static size_t list_close(struct tw_str s, size_t i)
{
    bool start = false;
    for (i++; i < s.n && s.p[i] != ')';) {
        char c = s.p[i];
        if (c == '"' && start)
            i = past_quote(s, i);
        else
            i = c == '(' || c == '[' ? past_bracket(s, i) : i + 1;
        start = c == '=' || (start && tw_is_space(c));
    }
    size_t next = i + 1;
    while (next < s.n && s.p[next] != '(') {
        if (s.p[next] == ')')
            i = next;
        next++;
    }
    return i;
}

/* A list starts at '(' when a key follows, perhaps behind one word that has no '='. */
static bool opens_list(struct tw_str s, size_t i)
{
    if (key_at(s, i + 1) != 0)
        return true;
    size_t from = i + 1;
    for (i = from; i < s.n && i - from <= KEY_MAX && chars_in(CHARS_KEY, s.p[i]);)
        i++;
    return i < s.n && s.p[i] == ',' && key_at(s, i + 1) != 0;
}

static bool ends_list(struct tw_str s, size_t close)
{
    return close != SIZE_MAX && (s.n - close == 1 || (s.n - close == 2 && s.p[close + 1] == '.'));
}

/* Nearly every text has one '(' and one ')', at its end. The list between them; false when it is not so
 * simple. */
static bool only_list(struct tw_str s, struct tw_str *list)
{
    size_t open = tw_str_find(s, '(', 0), close = tw_str_find(s, ')', 0);
    if (!ends_list(s, close) || open > close || tw_str_find(s, '(', open + 1) != SIZE_MAX ||
        !opens_list(s, open))
        return false;
    *list = tw_str_of(s.p + open + 1, close - open - 1);
    return true;
}

/* One that ends in a ')' is whole, whichever of them closes it. */
static bool is_torn(struct tw_str s, size_t close)
{
    return close >= s.n && s.p[s.n - 1] != ')' && !(s.n > 1 && s.p[s.n - 1] == '.' && s.p[s.n - 2] == ')');
}

/* The last parenthesised list, without its parentheses; p is NULL when there is none. */
static struct tw_str last_list(struct tw_str s, bool *torn)
{
    struct tw_str list = {NULL, 0};
    *torn = false;
    if (only_list(s, &list))
        return list;
    for (size_t i = tw_str_find(s, '(', 0); i != SIZE_MAX; i = tw_str_find(s, '(', i)) {
        if (!opens_list(s, i)) {
            i++;
            continue;
        }
        size_t close = list_close(s, i);
        list = tw_str_of(s.p + i + 1, close - i - 1);
        *torn = is_torn(s, close);
        i = close;
    }
    return list;
}

/* "Key=value" without parentheses may follow prose: its first key is at most three words behind a stop. */
static struct tw_str bare_list(struct tw_str s)
{
    size_t eq = tw_str_find(s, '=', 0);
    if (eq == SIZE_MAX)
        return tw_str_of(s.p, 0);
    size_t end = eq;
    while (end > 0 && tw_is_space(s.p[end - 1]))
        end--;
    size_t from = end, word = end, words = 1;
    while (from > 0 && end - from < KEY_MAX && chars_in(CHARS_KEY, s.p[from - 1])) {
        from--;
        if (!tw_is_space(s.p[from]))
            continue;
        if (from > 0 && s.p[from - 1] == '.')
            break;
        if (words++ == 1)
            word = from + 1;
    }
    if (words == 1)
        word = from;
    return tw_str_from(s, words > 3 ? word : from);
}

static struct tw_str strip_stop(struct tw_str s)
{
    s = tw_str_trim(s);
    if (s.n > 0 && s.p[s.n - 1] == '.' && (s.n == 1 || s.p[s.n - 2] != '.'))
        s = tw_str_trim(tw_str_cut(s, s.n - 1));
    return s;
}

void tw_kv_init(struct tw_kv *it, struct tw_str text)
{
    *it = (struct tw_kv){0};
    if (text.n == 0)
        return;
    TW_ASSERT(text.p != NULL);
    struct tw_str list = last_list(text, &it->torn);
    it->rest = list.p != NULL ? list : bare_list(text);
}

bool tw_kv_next(struct tw_kv *it)
{
    struct tw_str s = it->rest;
    size_t eq = it->eq, from = 0, next;
    while (eq == 0 && from < s.n && (eq = key_at(s, from)) == 0) {
        while (from < s.n && s.p[from] != ',' && s.p[from] != ';')
            from++;
        from += from < s.n;
    }
    if (from >= s.n)
        return false;
    size_t end = value_end(s, eq + 1, &next);
    if (it->torn && end >= s.n) {
        it->rest = tw_str_from(s, s.n);
        return false;
    }
    it->key = tw_str_trim(tw_str_of(s.p + from, eq - from));
    it->value = strip_stop(tw_str_of(s.p + eq + 1, end - eq - 1));
    if (it->value.n >= 2 && it->value.p[0] == '"' && it->value.p[it->value.n - 1] == '"')
        it->value = tw_str_of(it->value.p + 1, it->value.n - 2);
    it->rest = tw_str_from(s, end + 1);
    it->eq = next > end ? next - end - 1 : 0;
    return true;
}

static struct tw_str bare_value(struct tw_str s)
{
    bool bare =
        s.n > 0 && (unsigned char)s.p[0] > ' ' && (unsigned char)s.p[s.n - 1] > ' ' && s.p[s.n - 1] != '.';
    return bare ? s : strip_stop(s);
}

/*
 * A text with the same pieces around its values as another that was walked, whose list was the only one. When
 * no value has a separator, bracket or quote that could mean something, and the first ')' ends the list, then
 * the walk would find the same keys. False: walk.
 */
static bool same_shape(const struct tw_kv_shape *shape, struct tw_str text, struct tw_kv_pair *out)
{
    size_t close = tw_str_find(text, ')', 0), at = 0;
    const char *piece = shape->text;
    if (shape->pairs == 0 || !ends_list(text, close))
        return false;
    const struct tw_str list = tw_str_cut(text, close);
    for (size_t i = 0; i < shape->pairs; i++) {
        const struct tw_kv_piece *k = &shape->piece[i];
        if (list.n - at < k->n || memcmp(list.p + at, piece, k->n) != 0)
            return false;
        size_t from = at + k->n, end = chars_span(CHARS_TEXT, list, from);
        struct tw_str value = bare_value(tw_str_of(list.p + from, end - from));
        if (value.n > 0 && value.p[0] == '"')
            return false;
        out[i] = (struct tw_kv_pair){tw_str_of(list.p + at + k->key_at, k->key_n), value};
        piece += k->n;
        at = end;
    }
    return at == list.n;
}

static void learn_shape(struct tw_kv_shape *shape, struct tw_str text, const struct tw_kv_pair *pairs,
                        size_t n)
{
    size_t used = 0;
    shape->pairs = 0;
    for (size_t i = 0; i < n; i++) {
        struct tw_str key = pairs[i].key;
        const char *end = key.p + key.n;
        /* From the separator that is nothing but blanks before the key, to the '=' as near behind it. */
        const char *from = i == 0 ? text.p : key.p;
        while (i > 0 && *from != ',' && *from != ';')
            from--;
        while (*end != '=')
            end++;
        size_t length = (size_t)(end + 1 - from);
        if (length > UINT8_MAX || used + length > TW_KV_SHAPE_TEXT)
            return;
        shape->piece[i] = (struct tw_kv_piece){(uint8_t)length, (uint8_t)(key.p - from), (uint8_t)key.n};
        memcpy(shape->text + used, from, length);
        used += length;
    }
    shape->pairs = (uint8_t)n;
}

static TW_APART size_t walk_all(struct tw_str text, struct tw_kv_shape *shape, struct tw_kv_pair *out,
                                size_t max)
{
    struct tw_kv it;
    struct tw_str list;
    size_t n = 0;
    tw_kv_init(&it, text);
    while (n < max && tw_kv_next(&it))
        out[n++] = (struct tw_kv_pair){it.key, it.value};
    if (n > 0 && n < max && n <= TW_KV_SHAPE_PAIRS && only_list(text, &list))
        learn_shape(shape, text, out, n);
    return n;
}

size_t tw_kv_all(struct tw_str text, struct tw_kv_shape *shape, struct tw_kv_pair *out, size_t max)
{
    if (max >= TW_KV_SHAPE_PAIRS && same_shape(shape, text, out))
        return shape->pairs;
    return walk_all(text, shape, out, max);
}
