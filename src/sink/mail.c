/* SPDX-License-Identifier: ISC */
#include "mail.h"

#include "render/render.h"

#include <inttypes.h>
#include <stdio.h>

enum { SUBJECT_MAX = 200, LINE_MAX = 76, PAGE = 76 };

static bool is_address_char(char c)
{
    return c > ' ' && c < 0x7f && strchr("<>()[],;:\\\"", c) == NULL;
}

static bool is_address(struct tw_str s)
{
    size_t at = tw_str_find(s, '@', 0);
    if (s.n > 254 || at == SIZE_MAX || at == 0 || at > 64 || at + 1 == s.n ||
        tw_str_find(s, '@', at + 1) != SIZE_MAX)
        return false;
    for (size_t i = 0; i < s.n; i++) {
        if (!is_address_char(s.p[i]))
            return false;
    }
    return s.p[0] != '-';
}

bool tw_mailbox_parse(struct tw_str s, struct tw_mailbox *out)
{
    *out = (struct tw_mailbox){.address = tw_str_trim(s)};
    size_t open = tw_str_find(s, '<', 0);
    if (open != SIZE_MAX && s.p[s.n - 1] == '>') {
        out->name = tw_str_trim(tw_str_cut(s, open));
        out->address = tw_str_of(s.p + open + 1, s.n - open - 2);
    }
    for (size_t i = 0; i < out->name.n; i++) {
        if ((unsigned char)out->name.p[i] < ' ')
            return false;
    }
    return is_address(out->address);
}

static void base64(struct tw_buf *out, struct tw_str s)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t i = 0; i < s.n; i += 3) {
        uint32_t v = 0;
        for (size_t k = 0; k < 3; k++)
            v = v << 8 | (i + k < s.n ? (unsigned char)s.p[i + k] : 0);
        char four[4];
        for (size_t k = 0; k < 4; k++)
            four[k] = i + k > s.n ? '=' : digits[v >> (18 - 6 * k) & 63];
        tw_buf_add(out, four, sizeof four);
    }
}

/* Words of at most 75 letters that hold whole characters, a line each. `s` is UTF-8. */
static void encoded(struct tw_buf *out, struct tw_str s)
{
    enum { WORD = 39 }; /* bytes: 52 letters, and the frame */
    for (size_t i = 0; i < s.n;) {
        size_t n = 0;
        while (i + n < s.n) {
            size_t next = tw_utf8_len(s, i + n);
            next = next > 0 ? next : 1;
            if (n + next > WORD)
                break;
            n += next;
        }
        tw_buf_z(out, i > 0 ? "\r\n =?utf-8?B?" : "=?utf-8?B?");
        base64(out, tw_str_of(s.p + i, n));
        tw_buf_z(out, "?=");
        i += n;
    }
}

static bool looks_encoded(struct tw_str s)
{
    for (size_t i = 0; i + 1 < s.n; i++) {
        if (s.p[i] == '=' && s.p[i + 1] == '?')
            return true;
    }
    return false;
}

/* Words as they are, on as many lines as they need. */
static void folded(struct tw_buf *out, struct tw_str s, size_t column)
{
    for (size_t i = 0; i < s.n;) {
        size_t end = tw_str_find(s, ' ', i + 1);
        end = end < s.n ? end : s.n;
        if (column + (end - i) > LINE_MAX && s.p[i] == ' ' && i > 0) {
            tw_buf_z(out, "\r\n");
            column = 0;
        }
        tw_buf_add(out, s.p + i, end - i);
        column += end - i;
        i = end;
    }
}

void tw_mail_header(struct tw_buf *out, const char *name, struct tw_str text)
{
    struct tw_buf safe = {0};
    tw_buf_safe(&safe, text);
    struct tw_str s = tw_str_trim(tw_buf_view(&safe));
    tw_buf_fmt(out, "%s ", name);
    if (tw_str_is_plain(s) && !looks_encoded(s))
        folded(out, s, strlen(name) + 1);
    else
        encoded(out, s);
    tw_buf_z(out, "\r\n");
    tw_buf_finish(&safe);
}

static void mailbox(struct tw_buf *out, const struct tw_mailbox *m)
{
    if (m->name.n > 0) {
        encoded(out, m->name);
        tw_buf_char(out, ' ');
    }
    tw_buf_fmt(out, "<%.*s>", TW_STR_ARG(m->address));
}

static bool fits_as_it_is(struct tw_str s)
{
    size_t line = 0;
    for (size_t i = 0; i < s.n; i++) {
        line = s.p[i] == '\n' ? 0 : line + 1;
        if ((s.p[i] != '\n' && (s.p[i] < ' ' || s.p[i] > '~')) || line > 900)
            return false;
    }
    return true;
}

static void quote(struct tw_buf *out, struct tw_str s)
{
    size_t column = 0;
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        bool last = i + 1 == s.n || s.p[i + 1] == '\n';
        bool as_is = c >= ' ' && c <= '~' && c != '=' && !(c == ' ' && last);
        if (c == '\n') {
            tw_buf_z(out, "\r\n");
            column = 0;
            continue;
        }
        if (column + (as_is ? 1 : 3) > LINE_MAX - 1) {
            tw_buf_z(out, "=\r\n");
            column = 0;
        }
        if (as_is)
            tw_buf_char(out, c);
        else
            tw_buf_fmt(out, "=%02X", (unsigned char)c);
        column += as_is ? 1 : 3;
    }
}

void tw_mail_body(struct tw_buf *out, struct tw_str text)
{
    bool plain = fits_as_it_is(text);
    tw_buf_fmt(out,
               "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"
               "Content-Transfer-Encoding: %s\r\n\r\n",
               plain ? "7bit" : "quoted-printable");
    for (size_t i = 0; plain && i < text.n; i++) {
        if (text.p[i] == '\n')
            tw_buf_char(out, '\r');
        tw_buf_char(out, text.p[i]);
    }
    if (!plain)
        quote(out, text);
    if (out->p[out->n - 1] != '\n')
        tw_buf_z(out, "\r\n");
}

static void date(struct tw_buf *out, tw_time now)
{
    static const char *const days[] = {"Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"};
    static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                         "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    struct tw_civil c;
    tw_time_to_civil(now, &c);
    tw_buf_fmt(out, "Date: %s, %d %s %d %02d:%02d:%02d +0000\r\n", days[now.ns / 86400000000000 % 7], c.day,
               months[c.month - 1], c.year, c.hour, c.minute, c.second);
}

static const char *news(const struct tw_mail *m, const struct tw_transition *t)
{
    if (m->reminder)
        return " (reminder)";
    if (t->kind != TW_UPDATED)
        return "";
    return t->change == 1U << TW_CHANGE_ACKNOWLEDGED && t->acknowledged != NULL ? " (acknowledged)"
                                                                                : " (updated)";
}

/* What it is, how bad, and where: what a telephone shows of it. */
static void subject(struct tw_buf *out, const struct tw_mail *m, const struct tw_transition *t)
{
    static const char *const words[] = {"WARNING", "MINOR", "MAJOR", "CRITICAL"};
    struct tw_buf b = {0};
    tw_buf_z(&b, t->kind == TW_CLEARED ? "CLEARED" : words[t->severity]);
    tw_buf_z(&b, news(m, t));
    tw_buf_fmt(&b, " %s %s:", t->condition != NULL ? t->condition : "-", t->pair != NULL ? t->pair : "-");
    if (t->device != NULL)
        tw_buf_fmt(&b, " %s", t->device);
    if (t->sub_interfaces_n == 1)
        tw_buf_fmt(&b, " %s", t->sub_interfaces[0]);
    else if (t->trunk != NULL)
        tw_buf_fmt(&b, " %s", t->trunk);
    if (t->sub_interfaces_n > 1)
        tw_buf_fmt(&b, ", %zu sub-interfaces", t->sub_interfaces_n);
    tw_buf_shorten(&b, SUBJECT_MAX);
    tw_mail_header(out, "Subject:", tw_buf_view(&b));
    tw_buf_finish(&b);
}

/* The beginning of an alert has its id alone; all that follows refers to it. */
static void thread(struct tw_buf *out, const struct tw_mail *m, const struct tw_transition *t)
{
    struct tw_str domain = tw_str_from(m->from.address, tw_str_find(m->from.address, '@', 0) + 1);
    bool first = t->kind == TW_RAISED && !m->reminder;
    tw_buf_fmt(out, "Message-ID: <%s", t->alert_id);
    if (!first)
        tw_buf_fmt(out, ".%" PRIu64, m->number);
    if (m->reminder)
        tw_buf_fmt(out, ".%lld", (long long)(m->now.ns / 1000000000));
    tw_buf_fmt(out, "@%.*s>\r\n", TW_STR_ARG(domain));
    if (!first)
        tw_buf_fmt(out, "In-Reply-To: <%s@%.*s>\r\nReferences: <%s@%.*s>\r\n", t->alert_id,
                   TW_STR_ARG(domain), t->alert_id, TW_STR_ARG(domain));
}

static void recipients(struct tw_buf *out, const struct tw_mail *m)
{
    tw_buf_z(out, "From: ");
    mailbox(out, &m->from);
    tw_buf_z(out, "\r\nTo: ");
    for (size_t i = 0; i < m->to_n; i++) {
        tw_buf_z(out, i > 0 ? ",\r\n " : "");
        mailbox(out, &m->to[i]);
    }
    tw_buf_z(out, "\r\n");
}

void tw_mail_write(const struct tw_mail *m, const struct tw_transition *t, struct tw_buf *out)
{
    struct tw_buf text = {0};
    date(out, m->now);
    recipients(out, m);
    subject(out, m, t);
    thread(out, m, t);
    tw_buf_z(out, "Auto-Submitted: auto-generated\r\nX-Auto-Response-Suppress: All\r\n");
    tw_buf_fmt(out, "X-Mailer: trunkwatch %s\r\n", m->version != NULL ? m->version : "");
    tw_mail_header(out, "X-Trunkwatch-Condition:", tw_str_z(t->condition));
    tw_buf_fmt(out, "X-Trunkwatch-Severity: %s\r\n", tw_severity_name(t->severity));
    tw_buf_fmt(out, "X-Trunkwatch-Transition: %s\r\n", tw_transition_name(t->kind));
    tw_render_text(t, false, PAGE, &text);
    if (m->link.n > 0)
        tw_buf_fmt(&text, "\n%.*s%s\n", TW_STR_ARG(m->link), t->alert_id);
    tw_mail_body(out, tw_buf_view(&text));
    tw_buf_finish(&text);
}
