/* SPDX-License-Identifier: ISC */
#include "decode/log.h"

#include "base/err.h"
#include "chars.h"
#include "stamp.h"

enum { PRI_MAX = 191, COUNTER_MAX = 64, MARKS_MAX = 4 };

const char *tw_log_fault_name(enum tw_log_fault f)
{
    static const char *const names[] = {"ok", "empty", "binary", "no-tag", "bad-tag"};
    _Static_assert(sizeof names / sizeof *names == TW_LOG_FAULTS, "a name for each fault");
    return f < TW_LOG_FAULTS ? names[f] : "unknown";
}

static bool is_control(char c)
{
    return ((unsigned char)c < 0x20 && c != '\t') || c == 0x7f;
}

static size_t skip_blanks(struct tw_str s, size_t i)
{
    while (i < s.n && tw_is_space(s.p[i]))
        i++;
    return i;
}

static bool has_mark(struct tw_str s, size_t i)
{
    return s.n - i >= 3 && memcmp(s.p + i, "\xEF\xBB\xBF", 3) == 0;
}

/* Without byte order mark, line end, closing NUL and outer blanks. Most have none. */
static struct tw_str clean(struct tw_str s)
{
    if (s.n > 0 && (unsigned char)s.p[s.n - 1] > ' ' && s.p[0] > ' ')
        return s;
    while (s.n > 0) {
        char c = s.p[s.n - 1];
        if (c != '\0' && c != '\r' && c != '\n' && !tw_is_space(c))
            break;
        s.n--;
    }
    if (s.n >= 3 && has_mark(s, 0))
        s = tw_str_from(s, 3);
    return s.n > 0 ? tw_str_trim(s) : s;
}

/* "<188>" at i: the bytes it takes, else 0. */
static inline size_t read_pri(struct tw_str s, size_t i, int *pri)
{
    size_t k = i + 1;
    int v = 0;
    if (s.n - i > 4 && s.p[i + 4] == '>' && tw_is_digit(s.p[i + 1]) && tw_is_digit(s.p[i + 2]) &&
        tw_is_digit(s.p[i + 3])) { /* that of a router has three digits */
        v = (s.p[i + 1] - '0') * 100 + (s.p[i + 2] - '0') * 10 + (s.p[i + 3] - '0');
        k = i + 4;
    }
    while (k < s.n && k < i + 4 && tw_is_digit(s.p[k]))
        v = v * 10 + (s.p[k++] - '0');
    if (k == i + 1 || k >= s.n || s.p[k] != '>')
        return 0;
    if (v <= PRI_MAX)
        *pri = v;
    return k + 1 - i;
}

/* ---- the tag: %%ddMODULE/SEV/BRIEF(T) ---- */

/* "%%" and two digits, or as much of that as fits before the end. */
static size_t find_tag(struct tw_str s)
{
    const char *end = s.p + s.n;
    for (const char *p = s.p; (p = memchr(p, '%', (size_t)(end - p))) != NULL; p++) {
        size_t n = (size_t)(end - p);
        if (n >= 2 && p[1] == '%' && (n < 3 || tw_is_digit(p[2])) && (n < 4 || tw_is_digit(p[3])))
            return (size_t)(p - s.p);
    }
    return SIZE_MAX;
}

static struct tw_str word(struct tw_str s, size_t i)
{
    return tw_str_of(s.p + i, chars_span(CHARS_NAME, s, i) - i);
}

/* "(l)", " (t)", "[12]", "[Slot=1/1]": whatever of that there is. */
static size_t read_marks(struct tw_str s, size_t i, struct tw_log *out)
{
    for (int n = 0; n < MARKS_MAX; n++) {
        size_t k = skip_blanks(s, i);
        if (s.n - k >= 3 && s.p[k] == '(' && s.p[k + 2] == ')' && tw_is_alnum(s.p[k + 1])) {
            char type = tw_lower(s.p[k + 1]);
            if (type == 'l' || type == 't' || type == 'd' || type == 's')
                out->type = type;
            i = k + 3;
            continue;
        }
        size_t close = k < s.n && s.p[k] == '[' && k == i ? tw_str_find(s, ']', k) : SIZE_MAX;
        if (close == SIZE_MAX || close - k > COUNTER_MAX)
            break;
        i = close + 1;
    }
    return i;
}

/* Past the structured data at i ("-" or "[…]…", which may hold quoted brackets); 0 when there is none. */
static size_t past_data(struct tw_str s, size_t i)
{
    if (i < s.n && s.p[i] == '-')
        i++;
    else if (i >= s.n || s.p[i] != '[')
        return 0;
    while (i < s.n && s.p[i] == '[') {
        bool quoted = false;
        for (i++; i < s.n && (quoted || s.p[i] != ']'); i++) {
            if (s.p[i] == '\\' && i + 1 < s.n)
                i++;
            else if (s.p[i] == '"')
                quoted = !quoted;
        }
        if (i >= s.n)
            return 0;
        i++;
    }
    return i == s.n || tw_is_space(s.p[i]) ? i : 0;
}

/* RFC 5424 with our tag as APP-NAME: " PROCID MSGID SD MSG" at i. The position of MSG; 0 when it is not that.
 */
static size_t split_tag(struct tw_str s, size_t i)
{
    for (int n = 0; n < 2; n++) {
        size_t from = skip_blanks(s, i);
        size_t k = from;
        while (k < s.n && !tw_is_space(s.p[k]))
            k++;
        if (from == i || k == from)
            return 0;
        i = k;
    }
    size_t data = skip_blanks(s, i);
    size_t past = data > i ? past_data(s, data) : 0;
    if (past == 0)
        return 0;
    past = skip_blanks(s, past);
    return s.n - past >= 3 && has_mark(s, past) ? past + 3 : past;
}

/* rsyslog's forwarding templates keep 32 bytes of a tag, and a blank takes the place of the rest: the
 * position behind it, when it is that what happened to the one at `tag` whose BRIEF ends at `i`; else 0. */
static size_t cut_tag(struct tw_str s, size_t tag, size_t i, struct tw_log *out)
{
    size_t end = tag + TW_LOG_RELAY_TAG;
    if (end >= s.n || i > end || !tw_is_space(s.p[end]) || (i < end && s.p[i] != '(' && s.p[i] != '['))
        return 0;
    for (size_t k = i; k < end; k++) {
        if (tw_is_space(s.p[k]))
            return 0;
    }
    out->cut = i == end;
    return end + 1;
}

/* CID=0x…-alarmID=0x…; KEY=VALUE up to the ';', in one word: anything else is TEXT already. */
void tw_log_split(struct tw_log *out)
{
    struct tw_str s = out->text;
    if (!out->unsplit)
        return;
    out->unsplit = false;
    s = s.n > 0 ? tw_str_trim(s) : s;
    size_t i = chars_span(CHARS_WORD, s, 0);
    if (i > 0 && i < s.n && s.p[i] == '=') {
        i = chars_span(CHARS_VALUE, s, i);
        if (i < s.n && s.p[i] == ';') {
            out->fields = tw_str_cut(s, i);
            s = tw_str_trim(tw_str_from(s, i + 1));
        }
    }
    out->text = s;
}

/* MODULE/SEV/BRIEF at `i`. *at is where it ends, or went wrong. */
static inline bool read_names(struct tw_str s, size_t i, struct tw_log *out, size_t *at)
{
    out->module = word(s, i < s.n ? i : s.n);
    i += out->module.n;
    *at = i < s.n ? i : s.n;
    if (out->module.n == 0 || s.n - *at < 3 || s.p[i] != '/' || s.p[i + 1] < '0' || s.p[i + 1] > '7' ||
        s.p[i + 2] != '/')
        return false;
    out->severity = s.p[i + 1] - '0';
    out->brief = word(s, i + 3);
    *at = i + 3 + out->brief.n;
    return out->brief.n > 0;
}

/* The tag as nearly all have it, up to "(l):", and no blank behind it. */
static inline bool plain_tag(struct tw_str s, size_t tag, struct tw_log *out)
{
    size_t i;
    if (!read_names(s, tag + 4, out, &i) || s.n - i < 5 || s.p[i] != '(' || s.p[i + 2] != ')' ||
        s.p[i + 3] != ':' || tw_is_space(s.p[i + 4]))
        return false;
    out->type = s.p[i + 1];
    out->text = tw_str_from(s, i + 4);
    return out->type == 'l' || out->type == 't' || out->type == 's';
}

/* Where a tag of n bytes, eight at least, is remembered, or is to be. */
static inline struct tw_log_name *name_at(const struct tw_log_reader *r, const char *tag, size_t n)
{
    enum { PLACES = 4 };
    uint64_t mixed = (tw_load8(tag) ^ tw_load8(tag + n - 8) * 0x9e3779b97f4a7c15u) * 0xbf58476d1ce4e5b9u;
    struct tw_log_name *first = &r->names[mixed >> 32 & (TW_LOG_NAMES - PLACES)], *free = first;
    for (struct tw_log_name *name = first; name < first + PLACES; name++) {
        if (name->n == n && memcmp(name->text, tag, n) == 0)
            return name;
        if (name->n == 0) {
            free = name;
            break;
        }
    }
    free->n = 0;
    return free;
}

/* A plain tag: nearly every one was seen before, and then its letters need not be told apart again. */
static inline bool read_plain_tag(struct tw_str s, size_t tag, struct tw_log_reader *r, struct tw_log *out)
{
    const char *p = s.p + tag + 4;
    const char *open = r->names != NULL && s.n - tag > TW_LOG_NAME + 8 ? memchr(p, '(', TW_LOG_NAME) : NULL;
    size_t n = open != NULL ? (size_t)(open - p) + 1 : 0;
    if (n < 8)
        return plain_tag(s, tag, out);
    struct tw_log_name *name = name_at(r, p, n);
    if (name->n == 0) {
        if (!plain_tag(s, tag, out))
            return false;
        *name = (struct tw_log_name){
            .n = (uint8_t)n, .module_n = (uint8_t)out->module.n, .brief_n = (uint8_t)out->brief.n};
        memcpy(name->text, p, n);
        r->name = name;
        return true;
    }
    out->type = p[n];
    if (p[n + 1] != ')' || p[n + 2] != ':' || tw_is_space(p[n + 3]) ||
        (out->type != 'l' && out->type != 't' && out->type != 's'))
        return false;
    r->name = name;
    out->module = tw_str_of(p, name->module_n);
    out->severity = p[name->module_n + 1] - '0';
    out->brief = tw_str_of(p + name->module_n + 3, name->brief_n);
    out->text = tw_str_from(s, (size_t)(p - s.p) + n + 3);
    return true;
}

/* Reads from the tag to the end. *at is where it went wrong. */
static enum tw_log_fault read_tag(struct tw_str s, size_t tag, struct tw_log *out, size_t *at)
{
    if (!read_names(s, tag + 4, out, at))
        goto bad;
    out->type = 0;
    const size_t brief_end = *at;
    size_t i = read_marks(s, brief_end, out);
    *at = i;
    size_t colon = skip_blanks(s, i);
    size_t msg = 0;
    if (colon < s.n && s.p[colon] == ':') {
        msg = colon + 1;
        size_t dashes = skip_blanks(s, msg);
        if (s.n - dashes >= 4 && memcmp(s.p + dashes, "- - ", 4) == 0 && dashes > msg)
            msg = split_tag(s, msg) != 0 ? split_tag(s, msg) : msg;
    } else if ((msg = split_tag(s, i)) == 0 && (msg = cut_tag(s, tag, brief_end, out)) == 0) {
        goto bad;
    }
    out->text = tw_str_from(s, msg);
    return TW_LOG_OK;
bad:
    return *at < s.n && is_control(s.p[*at]) ? TW_LOG_BINARY : TW_LOG_BAD_TAG;
}

/* ---- the header in front of it ---- */

struct header {
    struct tw_stamp first, last; /* the relay's, when there are two; and the device's */
    unsigned stamps;
    struct tw_str front;      /* the first word before the last stamp */
    struct tw_str head, tail; /* the first and the last word after the last stamp */
    unsigned words;           /* after the last stamp */
    bool rfc5424;
};

static void add_stamp(struct header *h, const struct tw_stamp *stamp)
{
    if (h->stamps++ == 0)
        h->first = *stamp;
    h->last = *stamp;
    if (h->front.n == 0)
        h->front = h->head;
    h->head = h->tail = tw_str_of(NULL, 0);
    h->words = 0;
}

static void add_word(struct header *h, struct tw_str w)
{
    if (h->words++ == 0)
        h->head = w;
    h->tail = w;
}

/* RFC 5424 begins with "1 2026-08-08T18:00:00Z" or "1 -". The bytes of that version and of a '-', else 0. */
static size_t read_version(struct tw_str s, size_t i, struct tw_log_reader *reader)
{
    struct tw_stamp stamp;
    if (s.n - i < 4 || s.p[i] != '1' || !tw_is_space(s.p[i + 1]))
        return 0;
    size_t next = skip_blanks(s, i + 1);
    if (s.n - next >= 2 && s.p[next] == '-' && tw_is_space(s.p[next + 1]))
        return next + 1 - i;
    return tw_stamp_read(tw_str_from(s, next), reader, &stamp) > 0 ? 1 : 0;
}

/*
 * A relay that took "Nov 22 2026 14:20:01" for a host and a tag: "… Nov 22 - - - 2026 14:20:01 PE-A %%01…",
 * or for a tag alone: "… HOST Nov - - - 22 2026 14:20:01 PE-A %%01…".
 * At the word `month`, when that is what happened: puts the stamp together again and returns the bytes it
 * took.
 */
static size_t torn_stamp(struct tw_str s, size_t month, struct tw_log_reader *reader, struct tw_stamp *out)
{
    char text[64];
    if (s.n - month < 4 || tw_stamp_month(s.p + month) == 0 || !tw_is_space(s.p[month + 3]))
        return 0;
    size_t app = skip_blanks(s, month + 3), n = app;
    while (n < s.n && tw_is_digit(s.p[n]))
        n++;
    size_t day = n - app;
    if (day > 2)
        return 0;
    while (n < s.n && !tw_is_space(s.p[n]))
        n++;
    size_t rest = split_tag(s, n);
    if (rest == 0 && day == 0)
        rest = split_tag(s, month + 3);
    if (rest == 0)
        return 0;
    memcpy(text, s.p + month, 3);
    text[3] = ' ';
    memcpy(text + 4, s.p + app, day);
    text[4 + day] = ' ';
    size_t front = 5 + day;
    struct tw_str tail = tw_str_cut(tw_str_from(s, rest), sizeof text - front);
    if (tail.n == 0)
        return 0;
    memcpy(text + front, tail.p, tail.n);
    size_t taken = tw_stamp_read(tw_str_of(text, front + tail.n), reader, out);
    return taken > front ? rest + (taken - front) - month : 0;
}

/* The bytes of a stamp, a priority or another thing that is no word; 0: a word starts at i. */
static size_t read_special(struct tw_str s, size_t i, struct tw_log_reader *reader, struct header *h,
                           int *pri)
{
    struct tw_stamp stamp;
    char c = s.p[i];
    if (c == '<')
        return read_pri(s, i, pri);
    if (c == '\xEF' && has_mark(s, i))
        return 3;
    if (c == '[' && h->rfc5424) {
        size_t past = past_data(s, i);
        if (past != 0)
            add_word(h, tw_str_of(s.p + i, past - i));
        return past != 0 ? past - i : 0;
    }
    size_t n = tw_stamp_read(tw_str_from(s, i), reader, &stamp);
    if (n == 0 && h->rfc5424 && h->words <= 1)
        n = torn_stamp(s, i, reader, &stamp);
    if (n > 0)
        add_stamp(h, &stamp);
    return n;
}

/* A name without the ':' that ends a tag; "-" is RFC 5424's word for none. */
static struct tw_str name(struct tw_str w)
{
    if (w.n > 0 && w.p[w.n - 1] == ':')
        w.n--;
    return w.n == 1 && w.p[0] == '-' ? tw_str_of(NULL, 0) : w;
}

/* One stamp is the device's own; of several the last is, and the first is when the last relay had the
 * message. */
static void settle(const struct header *h, struct tw_log *out)
{
    bool relayed = h->stamps > 1;
    bool host_first =
        h->rfc5424 && !relayed && h->words <= 5; /* HOSTNAME APP-NAME PROCID MSGID SD, then the tag */
    out->stamp = h->last;
    out->host = name(host_first ? h->head : h->tail);
    out->relay_host = name(h->front);
    if (relayed)
        out->relay = h->first;
    else if (h->words > 1 && !host_first && h->front.n == 0)
        out->relay_host = name(h->head);
}

static enum tw_log_fault read_header(struct tw_str s, struct tw_log_reader *reader, struct tw_log *out,
                                     size_t *at)
{
    struct header h = {0};
    size_t i = s.n > 0 && s.p[0] == '<' ? read_pri(s, 0, &out->pri) : 0;
    i = skip_blanks(s, i);
    size_t version = read_version(s, i, reader);
    h.rfc5424 = version > 0;
    i += version;
    while ((i = skip_blanks(s, i)) < s.n) {
        size_t n = read_special(s, i, reader, &h, &out->pri);
        if (n > 0) {
            i += n;
            continue;
        }
        size_t from = i;
        while (i < s.n && !tw_is_space(s.p[i]) && !is_control(s.p[i]))
            i++;
        if (i < s.n && is_control(s.p[i])) {
            *at = i;
            return TW_LOG_BINARY;
        }
        add_word(&h, tw_str_of(s.p + from, i - from));
    }
    settle(&h, out);
    return TW_LOG_OK;
}

static inline bool is_letter(char c)
{
    return (unsigned char)((c | 0x20) - 'a') <= 'z' - 'a';
}

/* "<188>Aug  8 2026 18:07:30 PE-A %%01…", as nearly all come: one stamp, one name, the tag, a blank between
 * them. The position of the tag; SIZE_MAX: it is another form, and read_header has to look. */
static size_t plain_header(struct tw_str s, struct tw_log_reader *reader, struct tw_log *out)
{
    size_t i = s.p[0] == '<' ? read_pri(s, 0, &out->pri) : 0;
    if (i >= s.n || !is_letter(s.p[i]))
        return SIZE_MAX;
    size_t n = tw_stamp_read(tw_str_from(s, i), reader, &out->stamp);
    i += n;
    if (n == 0 || s.n - i < 2 || !tw_is_space(s.p[i]) || !is_letter(s.p[i + 1]))
        return SIZE_MAX;
    size_t from = i + 1, tag = chars_span(CHARS_HOST, s, from) + 1;
    if (s.n < tag + 4 || !tw_is_space(s.p[tag - 1]) || s.p[tag] != '%' || s.p[tag + 1] != '%' ||
        !tw_is_digit(s.p[tag + 2]) || !tw_is_digit(s.p[tag + 3]))
        return SIZE_MAX;
    out->host = name(tw_str_of(s.p + from, tag - 1 - from));
    return tag;
}

/* One by one: that takes fewer steps than all bytes of it, and none for what the caller sets anyway. */
static void reset(struct tw_log *out)
{
    const struct tw_str none = {NULL, 0};
    out->pri = -1;
    out->relay = out->stamp = (struct tw_stamp){0};
    out->relay_host = out->host = out->module = out->brief = out->fields = out->text = none;
    out->severity = 0;
    out->type = 0;
    out->cut = false;
    out->unsplit = true;
}

/* With the position of the tag when the header is a plain one, else SIZE_MAX. */
TW_APART static enum tw_log_fault any_form(struct tw_str s, size_t tag, struct tw_log_reader *reader,
                                           struct tw_log *out, size_t *at)
{
    bool plain = tag != SIZE_MAX;
    if (!plain)
        tag = find_tag(s);
    if (tag == SIZE_MAX)
        return TW_LOG_NO_TAG;
    enum tw_log_fault fault = read_tag(s, tag, out, at);
    return fault == TW_LOG_OK && !plain ? read_header(tw_str_cut(s, tag), reader, out, at) : fault;
}

enum tw_log_fault tw_log_peek(struct tw_log_reader *reader, struct tw_str bytes, struct tw_log *out,
                              size_t *offset)
{
    reset(out);
    reader->name = NULL;
    *offset = 0;
    struct tw_str s = clean(tw_str_cut(bytes, TW_LOG_MAX));
    if (s.n == 0)
        return TW_LOG_EMPTY;
    size_t tag = plain_header(s, reader, out);
    enum tw_log_fault fault = TW_LOG_OK;
    if (tag == SIZE_MAX || !read_plain_tag(s, tag, reader, out))
        fault = any_form(s, tag, reader, out, offset);
    if (fault == TW_LOG_OK)
        *offset = bytes.n > TW_LOG_MAX ? TW_LOG_MAX : 0;
    else if (fault != TW_LOG_NO_TAG)
        *offset += (size_t)(s.p - bytes.p);
    return fault;
}

enum tw_log_fault tw_log_decode(struct tw_str bytes, int year, tw_time near, struct tw_log *out,
                                size_t *offset)
{
    struct tw_log_reader reader = TW_LOG_READER(year, near);
    enum tw_log_fault fault = tw_log_peek(&reader, bytes, out, offset);
    tw_log_split(out);
    return fault;
}
