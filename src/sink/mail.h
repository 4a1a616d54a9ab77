/* SPDX-License-Identifier: ISC */
#ifndef TW_SINK_MAIL_H
#define TW_SINK_MAIL_H
/*
 * A transition as a mail (RFC 5322): for people, to be read at night. All mails of one alert are one thread.
 * Nothing foreign gets into a header but as text of the subject, encoded (RFC 2047). Knows no clock and no
 * socket.
 */
#include "base/buf.h"
#include "model/transition.h"

/* "someone@example.net" or "Some One <someone@example.net>". */
struct tw_mailbox {
    struct tw_str name; /* may be empty */
    struct tw_str address;
};
bool tw_mailbox_parse(struct tw_str s, struct tw_mailbox *out);

struct tw_mail {
    struct tw_mailbox from;
    const struct tw_mailbox *to;
    size_t to_n;
    struct tw_str link; /* empty: none; the alert's id is put behind it */
    const char *version;
    tw_time now;
    uint64_t number; /* of the transition; with the alert's id it is the same for each try */
    bool reminder;   /* it was sent before, and goes as another one that says so */
};

/* Headers and body, lines end with CR LF. Dots are not doubled. */
void tw_mail_write(const struct tw_mail *m, const struct tw_transition *t, struct tw_buf *out);

/* A header whose text may be anything; `name` with its colon. */
void tw_mail_header(struct tw_buf *out, const char *name, struct tw_str text);
/* As it is if that is possible, else quoted-printable: with its own headers, and an empty line. */
void tw_mail_body(struct tw_buf *out, struct tw_str text);

#endif
