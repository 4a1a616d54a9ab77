/* SPDX-License-Identifier: ISC */
/* Mails: what gets into a header, what a body looks like, which belong together. */
#include "mail.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

static void header_is(const char *text, const char *want)
{
    struct tw_buf b = {0};
    tw_mail_header(&b, "Subject:", tw_str_z(text));
    assert_string_equal(b.p, want);
    tw_buf_finish(&b);
}

static void a_header_is_one_header(void **state)
{
    (void)state;
    header_is("CRITICAL no-switchover", "Subject: CRITICAL no-switchover\r\n");
    header_is("a\r\nBcc: b@example.net", "Subject: a\\x0d\\x0aBcc: b@example.net\r\n");
    header_is("M\xc3\xbcnchen", "Subject: =?utf-8?B?TcO8bmNoZW4=?=\r\n");
    header_is("ab\xc3\xbc", "Subject: =?utf-8?B?YWLDvA==?=\r\n");
    header_is("=?utf-8?B?YQ==?=", "Subject: =?utf-8?B?PT91dGYtOD9CP1lRPT0/PQ==?=\r\n");
    header_is("\xff", "Subject: \\xff\r\n");
    header_is("", "Subject: \r\n");
}

/* Lines of at most 78; each encoded word holds whole characters. */
static void long_ones_are_folded(void **state)
{
    char text[200];
    struct tw_buf b = {0};
    (void)state;
    memset(text, 'a', sizeof text - 1);
    for (size_t i = 10; i < sizeof text - 1; i += 11)
        text[i] = ' ';
    text[sizeof text - 1] = '\0';
    tw_mail_header(&b, "Subject:", tw_str_z(text));
    memcpy(text, "\xe2\x82\xac\xe2\x82\xac", 6);
    tw_mail_header(&b, "Subject:", tw_str_z(text));
    size_t lines = 0;
    for (const char *p = b.p, *end; (end = strstr(p, "\r\n")) != NULL; p = end + 2) {
        assert_true(end - p <= 78);
        assert_true(*p == 'S' || *p == ' ');
        lines++;
    }
    assert_true(lines >= 8);
    tw_buf_finish(&b);
}

static void body_is(const char *text, const char *encoding, const char *want)
{
    struct tw_buf b = {0};
    tw_mail_body(&b, tw_str_z(text));
    assert_non_null(strstr(b.p, encoding));
    assert_string_equal(strstr(b.p, "\r\n\r\n") + 4, want);
    tw_buf_finish(&b);
}

static void bodies(void **state)
{
    (void)state;
    body_is("one\n\n.two\n", ": 7bit", "one\r\n\r\n.two\r\n");
    body_is("no end", ": 7bit", "no end\r\n");
    body_is("", ": 7bit", "");
    body_is("a=b \xc3\xbc \nx\n", ": quoted-printable", "a=3Db =C3=BC=20\r\nx\r\n");
    body_is("\rx\n", ": quoted-printable", "=0Dx\r\n");
    char text[1001];
    struct tw_buf want = {0};
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    for (size_t i = 0; i + 1 < sizeof text; i += 75) {
        tw_buf_str(&want, tw_str_cut(tw_str_z(text + i), 75));
        tw_buf_z(&want, i + 75 < sizeof text - 1 ? "=\r\n" : "\r\n");
    }
    body_is(text, ": quoted-printable", want.p);
    tw_buf_finish(&want);
}

static void mailboxes(void **state)
{
    struct tw_mailbox m;
    (void)state;
    assert_true(tw_mailbox_parse(TW_STR("a@b"), &m));
    assert_true(tw_mailbox_parse(TW_STR("Some One <a@b.example>"), &m));
    assert_true(tw_str_eq(m.name, TW_STR("Some One")) && tw_str_eq(m.address, TW_STR("a@b.example")));
    static const char *const none[] = {"",      "a",     "@b",         "a@",        "a@b@c",
                                       "a b@c", "a@b>",  "-a@b",       "<a@b",      "<a@b> x",
                                       "a,b@c", "a@b;c", "X\nY <a@b>", "<a@b\r\nX>"};
    for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
        if (tw_mailbox_parse(tw_str_z(none[i]), &m))
            fail_msg("%s", none[i]);
    }
}

static void has(const struct tw_buf *b, const char *text)
{
    if (strstr(b->p, text) == NULL)
        fail_msg("'%s' is not in:\n%s", text, b->p);
}

static void one_alert_is_one_thread(void **state)
{
    struct tw_mailbox to[2];
    struct tw_mail m = {.to = to, .to_n = 2, .version = "1", .now = {1786212460000000000}, .number = 7};
    struct tw_transition t = {.kind = TW_RAISED,
                              .alert_id = "00000000000000aa",
                              .condition = "no-switchover",
                              .severity = TW_SEVERITY_CRITICAL,
                              .pair = "metro\r\n-7",
                              .device = "pe-a",
                              .summary = "x"};
    struct tw_buf b = {0};
    (void)state;
    assert_true(tw_mailbox_parse(TW_STR("w@noc.example"), &m.from));
    assert_true(tw_mailbox_parse(TW_STR("B \xc3\xbc <b@noc.example>"), &to[0]));
    assert_true(tw_mailbox_parse(TW_STR("c@noc.example"), &to[1]));
    tw_mail_write(&m, &t, &b);
    has(&b, "Date: Sat, 8 Aug 2026 18:07:40 +0000\r\n");
    has(&b, "To: =?utf-8?B?QiDDvA==?= <b@noc.example>,\r\n <c@noc.example>\r\n");
    has(&b, "Subject: CRITICAL no-switchover metro\\x0d\\x0a-7: pe-a\r\n");
    has(&b, "Message-ID: <00000000000000aa@noc.example>\r\n");
    assert_null(strstr(b.p, "References:"));
    tw_buf_clear(&b);
    m.reminder = true;
    tw_mail_write(&m, &t, &b);
    has(&b, "Subject: CRITICAL (reminder) no-switchover");
    has(&b, "Message-ID: <00000000000000aa.7.1786212460@noc.example>\r\n");
    has(&b, "References: <00000000000000aa@noc.example>\r\n");
    tw_buf_clear(&b);
    m.reminder = false;
    t.kind = TW_CLEARED;
    tw_mail_write(&m, &t, &b);
    has(&b, "Subject: CLEARED no-switchover");
    has(&b,
        "Message-ID: <00000000000000aa.7@noc.example>\r\nIn-Reply-To: <00000000000000aa@noc.example>\r\n");
    tw_buf_finish(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_header_is_one_header), cmocka_unit_test(long_ones_are_folded),
        cmocka_unit_test(bodies), cmocka_unit_test(mailboxes), cmocka_unit_test(one_alert_is_one_thread)};
    return cmocka_run_group_tests_name("mail", tests, NULL, NULL);
}
