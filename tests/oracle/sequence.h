/* SPDX-License-Identifier: ISC */
#ifndef TW_TESTS_SEQUENCE_H
#define TW_TESTS_SEQUENCE_H
/* Random sequences of messages, what they say, and how a router writes it. */
#include "model/record.h"
#include "oracle.h"

struct random {
    uint64_t state;
};
uint32_t random_below(struct random *r, uint32_t n);

/* How a message travels. */
enum o_form { O_LINE, O_LINE_SECONDS, O_TRAP };

struct o_message {
    struct o_event says;
    enum o_form form;
    bool snapshot, advance; /* what the driver does after it */
};

struct o_sequence {
    struct o_world world;
    int world_number; /* of worlds that there are */
    struct o_message message[O_EVENTS];
    int n;
};

/* The worlds that sequences play in. */
int o_worlds(void);
struct o_world o_world(int number);
void o_inventory(const struct o_world *w, char *out, size_t size);

/* False for what is left out: sequences on which the documents say nothing, or the core does not claim to be
 * exact. Each rule is a line of README.md. */
bool o_fair(const struct o_sequence *s);

/* From 5 to `most` messages, at most O_EVENTS. `together` of a hundred come in the moment of the one before,
 * beside those that do so anyway. */
void o_generate(struct random *r, int most, unsigned together, struct o_sequence *out);

/* The bytes of a message; valid until the next call. */
struct tw_record o_record(const struct o_world *w, const struct o_message *m);
/* One readable line: "pe-a Eth-Trunk10.100 down (physical)". */
void o_describe(const struct o_world *w, const struct o_message *m, char *out, size_t size);

#endif
