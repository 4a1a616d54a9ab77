/* SPDX-License-Identifier: ISC */
#ifndef TW_SOURCE_UDP_H
#define TW_SOURCE_UDP_H
/*
 * A UDP socket, bound here or passed in, read in batches (recvmmsg).
 *
 * What can't be repeated must not be lost unseen: the receive buffer is as large as the kernel allows, and
 * what the kernel had to drop is counted (SO_RXQ_OVFL, and SO_MEMINFO for drops after the last datagram).
 * Memory: TW_UDP_BATCH datagrams of max_bytes. A longer datagram is cut there and counted.
 */
#include "base/err.h"
#include "base/time.h"
#include "model/record.h"

enum { TW_UDP_BATCH = 64, TW_UDP_RECEIVE_BUFFER = 64 << 20 };

struct tw_udp;

struct tw_udp_datagram {
    struct tw_addr from;
    struct tw_str bytes; /* borrowed for the call */
    uint32_t slot;       /* for tw_udp_answer */
    tw_time stamp;       /* when the kernel got it; TW_TIME_MIN: it does not say */
};

/* Since the socket was opened here or taken over; kernel_drops: since the socket exists. */
struct tw_udp_stats {
    uint64_t received, bytes;
    uint64_t cut;                  /* longer than max_bytes; received all the same */
    uint64_t kernel_drops;         /* not received: the buffer was full */
    uint64_t errors;               /* reads that failed */
    uint64_t answered, unanswered; /* answers: sent; not taken by the kernel */
    uint64_t receive_buffer;       /* what the kernel gave, in bytes as it counts them */
};

/* Binds. NULL: errno is set. */
struct tw_udp *tw_udp_open(const struct tw_addr *address, uint16_t port, size_t max_bytes);
/* Takes a bound datagram socket over. NULL: it is none (the caller keeps it); errno is set. */
struct tw_udp *tw_udp_adopt(int fd, size_t max_bytes);
/* Cuts at less from now on. */
void tw_udp_limit(struct tw_udp *u, size_t max_bytes);
void tw_udp_destroy(struct tw_udp *u);
int tw_udp_fd(const struct tw_udp *u);

typedef void tw_udp_receive(void *ctx, const struct tw_udp_datagram *d);
/* Hands over what is there, at most `batches` batches. Never waits. Returns the number of datagrams. */
size_t tw_udp_read(struct tw_udp *u, unsigned batches, tw_udp_receive *receive, void *ctx);
/* Of kernel_drops, what the datagrams that were read have told: costs nothing to ask. */
uint64_t tw_udp_drops(const struct tw_udp *u);
/* Datagrams will be answered: those to a socket of every address, from the address they came to. */
void tw_udp_answers(struct tw_udp *u);
/* Sends bytes back to where a datagram came from, while it is handed over. Never waits. */
void tw_udp_answer(struct tw_udp *u, const struct tw_udp_datagram *d, struct tw_str bytes);
/* The same later: where to, and from where. */
enum { TW_UDP_RETURN = 256 };
struct tw_udp_return {
    _Alignas(max_align_t) char bytes[TW_UDP_RETURN];
};
void tw_udp_keep_return(const struct tw_udp *u, const struct tw_udp_datagram *d, struct tw_udp_return *out);
void tw_udp_answer_later(struct tw_udp *u, const struct tw_udp_return *to, struct tw_str bytes);
/* Each datagram says when the kernel got it, as far as it has noted that (systemd: Timestamping=ns); for what
 * waited while nobody read. */
void tw_udp_stamps(struct tw_udp *u, bool on);
/* How much of the receive buffer is in use, of its whole size, as the kernel counts: what was just read may
 * be among it, up to a quarter of the size. */
uint64_t tw_udp_waiting(const struct tw_udp *u, uint64_t *size);
struct tw_udp_stats tw_udp_stats(struct tw_udp *u);

#endif
