/* SPDX-License-Identifier: ISC */
#ifndef TW_MODEL_LOSS_H
#define TW_MODEL_LOSS_H
/*
 * A note that messages were lost between their sender and the core: how, how many, and of whom. It enters the
 * core as a record (TW_TRANSPORT_LOSS), so that a replay and a restart know of it too. Its text form,
 * "trunkwatch-loss kernel 37", "trunkwatch-loss shed 1250 192.0.2.1" or "trunkwatch-loss disconnect 1
 * 192.0.2.1 certificate pe-a.example", is understood in a log file as well.
 */
#include "base/buf.h"
#include "model/record.h"

/* How long after a loss a feed is called lossy. */
#define TW_LOSSY_FOR TW_SECONDS(300)

enum tw_loss_cause {
    TW_LOSS_KERNEL,     /* a socket's buffer was full */
    TW_LOSS_DISCONNECT, /* a connection ended inside a message */
    TW_LOSS_FRAMING,    /* a stream's framing was lost: one or more messages */
    TW_LOSS_SHED,       /* put aside in a storm */
    TW_LOSS_RESTART,    /* nobody listened, or what was heard was not kept: how many is not known */
    TW_LOSSES
};
const char *tw_loss_name(enum tw_loss_cause c);

/* How much a message matters; what matters least is put aside first. */
enum tw_class {
    TW_CLASS_NOISE, /* no rule is about it, or none that changes anything */
    TW_CLASS_OTHER,
    TW_CLASS_VITAL, /* about interfaces and E-Trunk, their ends included; restarts */
    TW_CLASSES
};
const char *tw_class_name(enum tw_class c);

struct tw_loss {
    enum tw_loss_cause cause;
    uint64_t count;
    struct tw_addr from;       /* family 0: everybody who is heard on the record's input */
    struct tw_str certificate; /* the name in the sender's, as in a record; borrowed; only with `from` */
};

/* False: it is none. */
bool tw_loss_parse(struct tw_str text, struct tw_loss *out);
void tw_loss_text(const struct tw_loss *l, struct tw_buf *out);

#endif
