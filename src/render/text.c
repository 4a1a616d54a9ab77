/* SPDX-License-Identifier: ISC */
#include "render/render.h"

/* Where text goes, and how: what every part of the block needs to know. */
struct page {
    struct tw_buf *out;
    unsigned width;
    bool colour;
};

#define BOLD  "1"
#define FAINT "2"
static const char *const severity_colour[] = {"36", "33", "1;33", "1;31"};
static const char *const severity_word[] = {"WARNING", "MINOR", "MAJOR", "CRITICAL"};

static void paint(struct page *p, const char *code, const char *z)
{
    if (p->colour)
        tw_buf_fmt(p->out, "\033[%sm", code);
    tw_buf_safe(p->out, tw_str_z(z));
    if (p->colour)
        tw_buf_z(p->out, "\033[0m");
}

static size_t columns(struct tw_str s)
{
    size_t n = 0;
    for (size_t i = 0; i < s.n; i++)
        n += ((unsigned char)s.p[i] & 0xc0) != 0x80;
    return n;
}

static void blanks(struct page *p, size_t n)
{
    while (n-- > 0)
        tw_buf_char(p->out, ' ');
}

/* Writes words from column `at` on; continues below column `indent` where the page ends. A word is never
 * broken. */
static void flow(struct page *p, const char *z, size_t at, size_t indent)
{
    struct tw_buf safe = {0};
    tw_buf_safe(&safe, tw_str_z(z));
    struct tw_str rest = tw_str_trim(tw_buf_view(&safe));
    bool first = true;
    while (rest.n > 0) {
        struct tw_str word = tw_str_cut(rest, tw_str_find(rest, ' ', 0));
        size_t n = columns(word);
        if (p->width > 0 && at > indent && at + !first + n > p->width) {
            tw_buf_char(p->out, '\n');
            blanks(p, indent);
            at = indent;
        } else if (!first) {
            tw_buf_char(p->out, ' ');
            at++;
        }
        tw_buf_str(p->out, word);
        at += n;
        first = false;
        rest = tw_str_trim(tw_str_from(rest, word.n));
    }
    tw_buf_char(p->out, '\n');
    tw_buf_finish(&safe);
}

enum { LABEL = 14 };

static void field(struct page *p, const char *label, const struct tw_buf *value)
{
    blanks(p, 2);
    paint(p, FAINT, label);
    blanks(p, LABEL - 2 - strlen(label));
    flow(p, value->n > 0 ? value->p : "", LABEL, LABEL);
}

static void list(struct tw_buf *b, const char *const *items, size_t n)
{
    enum { SHOWN = 24 };
    for (size_t i = 0; i < n && i < SHOWN; i++)
        tw_buf_fmt(b, "%s%s", i > 0 ? ", " : "", items[i]);
    if (n > SHOWN)
        tw_buf_fmt(b, " and %zu more", n - SHOWN);
}

static void duration(struct tw_buf *b, tw_dur d)
{
    int64_t s = d.ns / 1000000000, ms = d.ns / 1000000 % 1000;
    if (d.ns < 0)
        tw_buf_z(b, "0 s");
    else if (s < 60 && ms != 0)
        tw_buf_fmt(b, "%lld.%03lld s", (long long)s, (long long)ms);
    else if (s < 60)
        tw_buf_fmt(b, "%lld s", (long long)s);
    else if (s < 3600)
        tw_buf_fmt(b, "%lld min %lld s", (long long)(s / 60), (long long)(s % 60));
    else if (s < 86400)
        tw_buf_fmt(b, "%lld h %lld min", (long long)(s / 3600), (long long)(s / 60 % 60));
    else
        tw_buf_fmt(b, "%lld d %lld h", (long long)(s / 86400), (long long)(s / 3600 % 24));
}

static void headline(struct page *p, const struct tw_transition *t)
{
    const char *word = t->kind == TW_CLEARED ? "CLEARED" : severity_word[t->severity];
    size_t at = strlen(word) + 2;
    paint(p, t->kind == TW_CLEARED ? "1;32" : severity_colour[t->severity], word);
    if (t->kind == TW_UPDATED) {
        tw_buf_z(p->out, " (updated)");
        at += strlen(" (updated)");
    }
    blanks(p, 2);
    flow(p, t->summary != NULL ? t->summary : t->condition, at, 4);
}

static void where(struct page *p, const struct tw_transition *t, struct tw_buf *b)
{
    tw_buf_clear(b);
    if (t->device != NULL)
        tw_buf_z(b, t->device);
    if (t->trunk != NULL)
        tw_buf_fmt(b, "%s%s", b->n > 0 ? " " : "", t->trunk);
    if (t->pair != NULL)
        tw_buf_fmt(b, "%spair %s", b->n > 0 ? ", " : "", t->pair);
    if (t->e_trunk > 0)
        tw_buf_fmt(b, ", E-Trunk %u", t->e_trunk);
    if (t->peer != NULL)
        tw_buf_fmt(b, ", peer %s", t->peer);
    field(p, "where", b);
    if (t->sub_interfaces_n > 0) {
        tw_buf_clear(b);
        if (t->sub_interfaces_n > 1)
            tw_buf_fmt(b, "%zu sub-interfaces: ", t->sub_interfaces_n);
        list(b, t->sub_interfaces, t->sub_interfaces_n);
        field(p, "affected", b);
    }
    if (t->services_n > 0) {
        tw_buf_clear(b);
        list(b, t->services, t->services_n);
        field(p, "services", b);
    }
}

static void when(struct page *p, const struct tw_transition *t, struct tw_buf *b)
{
    char since[TW_TIME_TEXT], time[TW_TIME_TEXT];
    tw_buf_clear(b);
    tw_buf_z(b, tw_time_text(t->since, since));
    if (t->kind == TW_CLEARED) {
        tw_buf_fmt(b, " until %s: lasted ", tw_time_text(t->time, time));
        duration(b, t->duration);
    } else {
        tw_buf_fmt(b, ", %s %s, after ", tw_transition_name(t->kind), tw_time_text(t->time, time));
        duration(b, tw_time_sub(t->time, t->since));
    }
    field(p, "since", b);
    if (t->kind == TW_CLEARED && t->cleared_by != NULL) {
        tw_buf_clear(b);
        tw_buf_z(b, t->cleared_by);
        field(p, "ended by", b);
    }
}

/* What to make of it at three in the morning: whether to move the traffic, and how sure this is. */
static void advice(struct page *p, const struct tw_transition *t, struct tw_buf *b)
{
    static const char *const sure[] = {
        "inferred: not all of it was said by the routers themselves; look before you act",
        "confirmed: the routers' own messages say role and fault",
        "verified: a poll agreed with the routers' messages",
    };
    const char *peer = t->peer != NULL ? t->peer : "the peer";
    tw_buf_clear(b);
    switch (t->help) {
    case TW_HELP_NULL: break;
    case TW_HELP_YES:
        tw_buf_fmt(b, "YES. %s is ready to carry this traffic: switch over now, repair afterwards.", peer);
        break;
    case TW_HELP_NO:
        tw_buf_fmt(b, "NO. %s could not carry this traffic either: repair where the fault is.", peer);
        break;
    case TW_HELP_UNKNOWN: tw_buf_fmt(b, "UNKNOWN. Check the same sub-interface on %s first.", peer); break;
    }
    if (b->n > 0 && t->kind != TW_CLEARED) {
        if (t->help != TW_HELP_NO)
            tw_buf_z(
                b, " E-Trunk will not do it by itself; a switchover moves every sub-interface of the trunk.");
        field(p, "switchover?", b);
    }
    tw_buf_clear(b);
    tw_buf_z(b, sure[t->confidence]);
    field(p, "how sure", b);
    if (t->lossy) {
        tw_buf_clear(b);
        tw_buf_z(b, "LOSSY. Messages of this pair were lost in the 5 minutes before it was raised, or since: "
                    "a fault or its "
                    "end may have been among them.");
        field(p, "feed", b);
    }
    tw_buf_clear(b);
    tw_buf_fmt(b, "%s, condition %s", t->alert_id, t->condition != NULL ? t->condition : "-");
    field(p, "alert", b);
}

/* Who has it, and why it may be quiet. */
static void people(struct page *p, const struct tw_transition *t, struct tw_buf *b)
{
    const struct tw_acknowledged *a = t->acknowledged;
    const struct tw_silenced *s = t->silenced;
    char time[TW_TIME_TEXT];
    tw_buf_clear(b);
    if (a != NULL) {
        tw_buf_fmt(b, "%s, %s", a->by, tw_time_text(a->time, time));
        if (a->why[0] != '\0')
            tw_buf_fmt(b, ": %s", a->why);
        field(p, "ack by", b);
    }
    tw_buf_clear(b);
    if (s != NULL) {
        tw_buf_z(b, s->kind == TW_MAINTENANCE ? "planned work" : "silenced");
        if (tw_time_is_finite(s->until))
            tw_buf_fmt(b, " until %s", tw_time_text(s->until, time));
        tw_buf_fmt(b, ", by %s", s->by);
        if (s->why[0] != '\0')
            tw_buf_fmt(b, ": %s", s->why);
        tw_buf_fmt(b, " (%s)", s->id);
        field(p, "quiet", b);
    }
}

/* What an update is about. */
static void changed(struct page *p, const struct tw_transition *t, struct tw_buf *b)
{
    static const char *const words[] = {"sub-interfaces joined or left",
                                        "the severity",
                                        "how sure it is",
                                        "whether a switchover would help",
                                        "messages of this pair were lost",
                                        NULL,
                                        NULL};
    tw_buf_clear(b);
    for (int c = 0; c < TW_CHANGES && t->kind == TW_UPDATED; c++) {
        const char *word = c == TW_CHANGE_ACKNOWLEDGED
                               ? t->acknowledged != NULL ? "acknowledged" : "no longer acknowledged"
                           : c == TW_CHANGE_SILENCED ? t->silenced != NULL ? "quiet now" : "no longer quiet"
                                                     : words[c];
        if ((t->change >> c & 1) != 0)
            tw_buf_fmt(b, "%s%s", b->n > 0 ? ", " : "", word);
    }
    if (b->n > 0)
        field(p, "changed", b);
}

static void hint(struct page *p, const struct tw_hint *h, unsigned number)
{
    size_t start = p->out->n;
    tw_buf_fmt(p->out, "  %2u. ", number);
    if (h->on != NULL) {
        tw_buf_z(p->out, "on ");
        paint(p, BOLD, h->on);
        tw_buf_z(p->out, ": ");
    }
    size_t at = p->out->n - start - (p->colour && h->on != NULL ? strlen("\033[1m\033[0m") : 0);
    flow(p, h->text != NULL ? h->text : "", at, 6);
    for (size_t i = 0; i < h->commands_n; i++) {
        blanks(p, 10);
        tw_buf_safe(p->out, tw_str_z(h->commands[i]));
        tw_buf_char(p->out, '\n');
    }
}

static void hints(struct page *p, const struct tw_transition *t)
{
    static const char *const titles[] = {"Check", "Repair", "Switch over", "Verify", "Undo"};
    unsigned number = 0;
    for (int step = TW_STEP_CHECK; step <= TW_STEP_UNDO; step++) {
        bool titled = false;
        for (size_t i = 0; i < t->hints_n; i++) {
            if ((int)t->hints[i].step != step)
                continue;
            if (!titled) {
                tw_buf_char(p->out, '\n');
                blanks(p, 2);
                paint(p, BOLD, titles[step]);
                tw_buf_char(p->out, '\n');
                titled = true;
            }
            hint(p, &t->hints[i], ++number);
        }
    }
}

static void evidence(struct page *p, const struct tw_transition *t)
{
    char time[TW_TIME_TEXT];
    if (t->evidence_n == 0)
        return;
    tw_buf_char(p->out, '\n');
    blanks(p, 2);
    paint(p, BOLD, "Evidence");
    tw_buf_char(p->out, '\n');
    for (size_t i = 0; i < t->evidence_n; i++) {
        const struct tw_evidence_line *e = &t->evidence[i];
        size_t start = p->out->n;
        tw_buf_fmt(p->out, "    %s %s %s: ", tw_time_text(e->time, time), e->device != NULL ? e->device : "-",
                   tw_source_name(e->source));
        flow(p, e->text != NULL ? e->text : "", p->out->n - start, 8);
    }
}

void tw_render_text(const struct tw_transition *t, bool colour, unsigned width, struct tw_buf *out)
{
    struct page p = {out, width, colour};
    struct tw_buf b = {0};
    headline(&p, t);
    where(&p, t, &b);
    when(&p, t, &b);
    changed(&p, t, &b);
    people(&p, t, &b);
    advice(&p, t, &b);
    /* What is over needs no repair. */
    if (t->kind != TW_CLEARED)
        hints(&p, t);
    evidence(&p, t);
    tw_buf_finish(&b);
}
