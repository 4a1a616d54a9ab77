/* SPDX-License-Identifier: ISC */
#ifndef TW_FUZZ_SCRIPT_H
#define TW_FUZZ_SCRIPT_H
/*
 * Bytes as the life of a network: a list of steps for the core. Any bytes are a script; most of what they say
 * is messages as routers send them, some of it torn, repeated, late or about nothing we know.
 *
 * Ownership: a script owns its steps and their bytes.
 */
#include "model/record.h"
#include "pipeline/pipeline.h"

enum { SCRIPT_STEPS_MAX = 192, SCRIPT_INVENTORIES = 4, SCRIPT_BYTES_MAX = 2048 };

struct step {
    enum step_kind { STEP_FEED, STEP_ADVANCE, STEP_SWAP } kind;
    tw_time now;
    struct tw_record record; /* FEED; its rx is `now` */
    unsigned inventory;      /* SWAP: which of script_inventory() */
    tw_dur hold;             /* SWAP: of no-switchover */
};

struct script {
    struct step step[SCRIPT_STEPS_MAX];
    size_t n;
    tw_time end; /* of the last step */
};

/* The text of an inventory; all are about the same two pairs, and no two agree. */
const char *script_inventory(unsigned i);
void script_read(struct script *s, const uint8_t *data, size_t size);
/* The record of a step that feeds one. What is said about the alert 0000000000000000 is said about one that
 * is open, if there is one. */
struct tw_record script_record(const struct step *s, const struct tw_pipeline *p,
                               char buf[static SCRIPT_BYTES_MAX]);
void script_finish(struct script *s);
/* All of it, this much later: stamps inside the messages stay as they are. */
void script_shift(struct script *s, tw_dur by);

/* Whatever is drawn from the bytes; 0 when they are used up. */
struct dice {
    const uint8_t *p;
    size_t n;
};
unsigned dice_byte(struct dice *d);
unsigned dice_below(struct dice *d, unsigned n);

/* message.c: what routers send. */
struct message_place {
    tw_time stamp;    /* what the router's clock says */
    unsigned device;  /* 0..3, a name of the inventories */
    const char *host; /* in the header */
};
/* One line of syslog. Returns its length. */
size_t message_log(struct dice *d, const struct message_place *where, char out[static SCRIPT_BYTES_MAX]);
/* One SNMP notification. */
size_t message_trap(struct dice *d, const struct message_place *where, uint32_t uptime_cs,
                    char out[static SCRIPT_BYTES_MAX]);

#endif
