/* SPDX-License-Identifier: ISC */
#ifndef TW_APP_DAEMON_H
#define TW_APP_DAEMON_H
/*
 * The running daemon: what its files share. All of it belongs to the loop thread.
 */
#include "api/board.h"
#include "api/control.h"
#include "api/http.h"
#include "base/buf.h"
#include "base/map.h"
#include "config/config.h"
#include "model/loss.h"
#include "pipeline/pipeline.h"
#include "plat/clock.h"
#include "plat/notify.h"
#include "plat/saver.h"
#include "sink/outlet.h"
#include "source/shed.h"
#include "source/tcp.h"
#include "tls/tls.h"
#include "source/udp.h"
#include "source/usm.h"
#include "store/reader.h"
#include "store/store.h"

#include <event2/event.h>

struct tw_daemon;
struct tw_setup; /* setup.h */

/* Of a TCP or TLS socket. accepted = open + ended + unfinished + slow + idle + gone + refused_certificate +
 * all of handshakes. */
struct tw_connection_stats {
    uint64_t accepted;
    uint64_t ended;               /* by the sender, after a message */
    uint64_t unfinished;          /* by the sender, the network or the daemon's end, inside a message */
    uint64_t slow;                /* by us: a message was not finished in time */
    uint64_t idle;                /* by us: not a byte for longer than configured */
    uint64_t gone;                /* by us: no longer in the inventory, or the daemon ends */
    uint64_t lost;                /* messages that were begun and not finished when a connection was closed */
    uint64_t refused_certificate; /* TLS: good, and of no device or relay, as is the address */
    uint64_t handshakes[TW_TLS_FAILURES];   /* TLS: failed */
    uint64_t handshakes_done, certificates; /* TLS: handshakes that did not; of those, with a certificate */
    uint64_t refused_source, refused_total, refused_per_source, errors;
    struct tw_stream_stats read; /* of the connections that are closed */
};

/* strangers.c: who sent what nobody asked for. A quarter of the rows is for addresses of the inventory, which
 * have their troubles too: forged ones can't take it. */
enum { TW_STRANGERS_MAX = 1024, TW_STRANGERS_RESERVED = TW_STRANGERS_MAX / 4 };
enum tw_strange {
#define TW_STRANGE(id, name, message) TW_STRANGE_##id,
#include "strangers.def"
#undef TW_STRANGE
    TW_STRANGE_V3, /* and on: a row for each enum tw_usm_verdict */
    TW_STRANGE = TW_STRANGE_V3 + TW_USM_VERDICTS
};
const char *tw_strange_name(enum tw_strange s);
struct tw_strangers {
    struct tw_stranger {
        struct tw_addr from;
        uint64_t counts[TW_STRANGE];
    } rows[TW_STRANGERS_MAX];
    uint32_t n, unknown; /* rows; of them, of addresses that the inventory did not have */
    struct tw_map map;
    uint64_t more; /* of sources that found no room */
};

/* unfed.c: of each device, what reached a socket and was not handed to the core, which counts the rest. */
enum tw_unfed {
#define TW_UNFED(id, name) TW_UNFED_##id,
#include "unfed.def"
#undef TW_UNFED
    TW_UNFEDS
};
struct tw_unfed_list {
    struct tw_unfed_row {
        uint64_t counts[TW_UNFEDS];
        /* Not of these: what is proven to be the device's, while something else says another's; told last. */
        uint64_t conflicts;
        struct tw_addr conflict_from;
        int64_t conflict_ms;
    } * devices; /* by their index in the topology */
    struct tw_unfed_row nobody;
};

/* snmp.c: SNMPv3, and the answers to informs. */
struct tw_snmp {
    struct tw_usm *usm;
    char *path;             /* of the kept state; NULL: none is kept */
    struct tw_saver *saver; /* likewise */
    uint64_t saved_changes; /* that were handed to it, and when */
    int64_t saved_ms, started_ms;
    bool trouble; /* told: it can't be written */
    struct tw_snmp_stats {
        uint64_t responses; /* informs that were answered */
        uint64_t reports;   /* Reports that were sent: discovery, time, faults */
        uint64_t withheld;  /* Reports that were not: too many of one source, or of no device or relay */
    } stats;
    struct tw_allowance { /* of Reports, by a hash of the source */
        int64_t since_ms;
        uint32_t n;
    } allowances[1024];
};

/* inputs.c: a listening socket, UDP or TCP. What arrived is received, or was lost: dropped by the kernel, or
 * inside a connection that ended. received = fed + refused + shed. */
struct tw_input {
    struct tw_daemon *daemon;
    struct tw_udp *udp; /* else NULL */
    struct tw_tcp *tcp; /* else NULL */
    bool tls;           /* over TCP */
    struct event *event;
    enum tw_transport transport;
    uint32_t index;
    char name[80];
    uint64_t position; /* of the last message, from 1: a record's ref */
    uint64_t fed, refused;
    uint64_t refused_by[TW_STRANGE]; /* of `refused`, the reasons */
    uint64_t shed[TW_CLASSES];       /* put aside in a storm */
    struct tw_shed_pressure pressure;
    int64_t now_ms;  /* of this turn; 0: it is not behind */
    uint64_t drops;  /* of the kernel, as far as the core was told */
    tw_time arrived; /* of the datagram at hand, when that was before the start; else TW_TIME_MIN */
    bool drained;    /* what had waited for the start has been read */
    bool resting;    /* TCP: no connection could be taken, the next tick tries again */
    struct tw_connection_stats connections;
};

/* streams.c: the TCP and TLS connections of all inputs. */
struct tw_streams {
    struct tw_connection *rows[TW_CONFIG_CONNECTIONS_MAX];
    size_t n;
    struct tw_connection *first, *last; /* in line: they are read by turns, first come, first served */
    struct event *turn;                 /* the next one, while somebody is in line */
    size_t left;                        /* of this turn's budget */
    int64_t ticked_ms;
};

/* outputs.c */
struct tw_output_row {
    struct tw_outlet *outlet;
    bool told;              /* that it fails */
    uint64_t why;           /* as told: its hash */
    uint64_t lost, refused; /* as last told */
    uint64_t cursor;        /* as last kept */
    bool cursor_known;
};
struct tw_output_list {
    struct tw_output_row *rows;
    size_t n;
};

/* reload.c */
struct tw_reloads {
    uint64_t done, refused;
    bool last_refused;
    tw_time last;
    struct tw_errors errors; /* of the last */
};

/* keep.c: what outlives a restart, and what waits until it is safe. */
struct tw_keep {
    struct tw_store *store;      /* NULL: none is configured, or it can't be used */
    char unusable[TW_STORE_WHY]; /* why a configured one is not used since the start */
    bool failing;
    char why[TW_STORE_WHY];
    struct tw_leaving { /* a transition for the outputs, which waits for its batch */
        uint64_t batch;
        int64_t since_ms;
        struct tw_item *item;
    } * leaving;
    size_t leaving_first, leaving_n, leaving_cap; /* leaving[first .. n) */
    struct tw_answering {                         /* an answer to an inform, likewise */
        uint64_t batch;
        struct tw_input *in;
        struct tw_udp_return to;
        char *answer;
        size_t n;
    } * answering;
    size_t answering_first, answering_n, answering_cap, answering_bytes;
    struct tw_known { /* transitions that the store has, and the core may say again while it recovers */
        char id[TW_ALERT_ID];
        uint32_t number;
        bool said;
    } * known;
    size_t known_n, known_cap, known_at; /* all before known_at were said again */
    bool recovering, clean;              /* the last run ended in order */
    uint64_t last_seq;                   /* that the store has seen */
    struct tw_item **open;               /* the last transition of each alert that is open */
    size_t open_n, open_cap;
    struct tw_map open_by_id;
    struct tw_kept_cursor { /* of an output, when it ended last */
        char *output;       /* NULL: it goes on there already */
        uint64_t seq;
    } * cursors;
    size_t cursors_n;
    int64_t snapshot_ms, snapshot_us; /* when the last was taken, how long that took */
    int64_t digest_ms;                /* not before */
    uint64_t recovered, repeated;     /* records; transitions that were said again */
    uint64_t withheld;                /* answers that were not given: their record is not safe */
    uint64_t given_up;                /* records that the store gave up, as last seen */
    bool held_back;                   /* TCP and TLS are not read */
};

/* trial.c: the test of an output. */
struct tw_trial {
    uint64_t serial; /* of the last that was begun */
    bool running;
    char output[256];
    tw_time began;
    enum tw_sent result;
    char why[TW_SINK_WHY];
};

struct tw_daemon {
    const char *config_path;
    struct tw_config *config;
    struct tw_tls *tls; /* NULL: not configured */
    struct tw_pipeline *pipeline;
    struct tw_clock clock;
    struct tw_notify notify;
    struct event_base *base;
    struct event *timer;
    struct event *reload; /* pending: a SIGHUP came */
    tw_time armed;        /* deadline the timer is set for; TW_TIME_MAX: none */
    struct tw_input *inputs;
    size_t inputs_n;
    bool inputs_passed; /* by systemd, which keeps them open */
    struct tw_streams streams;
    struct tw_output_list outputs;
    struct tw_strangers strangers;
    struct tw_unfed_list unfed;
    struct tw_snmp snmp;
    struct tw_keep keep;
    struct tw_trial trial;
    struct tw_shed shed;
    struct tw_buf line; /* for rendering */
    uint64_t ticks;
    tw_time started;
    struct tw_reloads reloads;
    struct tw_board *board;
    struct tw_http *http;       /* NULL: not asked for */
    struct tw_reader *reader;   /* of the store; NULL: nobody has asked yet */
    struct tw_control *control; /* likewise */
};

/* live.c: runs until a signal ends it. Returns the exit status. */
int tw_live_run(const char *config_path);
/* After anything that went into the core: hands out what came out, and sets the timer. */
void tw_live_settle(struct tw_daemon *d);

/* inputs.c. False: told in the log. */
bool tw_inputs_open(struct tw_daemon *d);
/* Once, before the loop: what waited in the sockets. */
void tw_inputs_drain(struct tw_daemon *d);
void tw_inputs_close(struct tw_daemon *d);
/* A datagram or a message of a stream into the core; `certificate` is the name in the sender's, if it has
 * one. False: put aside in a storm, and counted. */
bool tw_inputs_feed(struct tw_input *in, const struct tw_addr *from, struct tw_str certificate,
                    struct tw_str bytes);
/* Something did not reach the core: tells it, and the log. `from` NULL: of whom is not known; `certificate`:
 * as for tw_inputs_feed. */
void tw_inputs_lost(struct tw_input *in, enum tw_loss_cause cause, uint64_t count, const struct tw_addr *from,
                    struct tw_str certificate);
/* Each second: what the kernel dropped after the last datagram, what was put aside and is not told yet.
 * `last`: at the daemon's end, all of it. */
void tw_inputs_tick(struct tw_daemon *d, bool last);
/* The same of a record whose sender has proved something; rx, at and ref are filled in. */
bool tw_inputs_give(struct tw_input *in, struct tw_record *r);
/* Not fed: counted, of the socket and of who sent it. */
void tw_inputs_refuse(struct tw_input *in, const struct tw_record *r, enum tw_strange why);
bool tw_inputs_knows(const struct tw_daemon *d, const struct tw_addr *from);

/* streams.c */
void tw_streams_begin(struct tw_daemon *d);
void tw_streams_accept(struct tw_input *in);
/* Each second: closes what takes too long, takes connections again. */
void tw_streams_tick(struct tw_daemon *d);
/* After a reload: looks again at who they are, and closes those that are no longer in the inventory. */
void tw_streams_recheck(struct tw_daemon *d);
/* Nothing is read from them, or again. */
void tw_streams_pause(struct tw_daemon *d, bool on);
/* The end: hears what has arrived, and closes all. */
void tw_streams_finish(struct tw_daemon *d);
/* Handshakes that failed, whyever. */
uint64_t tw_streams_failed(const struct tw_connection_stats *c);
/* Of one input: the open connections, and what they and the closed ones have read. */
struct tw_stream_stats tw_streams_stats(const struct tw_input *in, uint64_t *open);

/* strangers.c: counts, and tells of a source the first time. `engine`, `user`: as a v3 message says. */
void tw_strangers_count(struct tw_strangers *s, const struct tw_input *in, const struct tw_addr *from,
                        enum tw_strange what);
void tw_strangers_count_v3(struct tw_strangers *s, const struct tw_input *in, const struct tw_addr *from,
                           enum tw_strange what, const char *engine, const char *user);
void tw_strangers_report(const struct tw_strangers *s);
void tw_strangers_finish(struct tw_strangers *s);

/* unfed.c */
const char *tw_unfed_name(enum tw_unfed u);
uint64_t tw_unfed_sum(const struct tw_unfed_row *r);
static inline struct tw_unfed_row *tw_unfed_of(struct tw_unfed_list *l, uint32_t device)
{
    return device != TW_NONE ? &l->devices[device] : &l->nobody;
}
/* Of its sender: who that is, the record proves, else its address says. */
void tw_unfed_count(struct tw_daemon *d, const struct tw_record *r, enum tw_unfed why);
/* Something is proven to be a device's, and `other` is said, too: counted, and told once a source. */
void tw_unfed_conflict(struct tw_daemon *d, const struct tw_addr *from, uint32_t device, uint32_t other,
                       const char *what);
void tw_unfed_begin(struct tw_daemon *d);
/* Before the core has the new inventory. */
void tw_unfed_swap(struct tw_daemon *d, const struct tw_topology *next);
void tw_unfed_finish(struct tw_daemon *d);

/* snmp.c. begin takes the users; false: told in the log. */
bool tw_snmp_begin(struct tw_daemon *d, struct tw_setup *s);
void tw_snmp_reload(struct tw_daemon *d, struct tw_setup *s);
/* A datagram of an SNMP socket: fed, answered or refused. */
void tw_snmp_receive(struct tw_input *in, const struct tw_udp_datagram *datagram);
void tw_snmp_tick(struct tw_daemon *d);
void tw_snmp_report(struct tw_daemon *d);
void tw_snmp_finish(struct tw_daemon *d);
/* snmp_state.c: what is kept over a restart. */
bool tw_snmp_load(struct tw_snmp *s, const struct tw_config *c, struct tw_usm_id *self, int32_t *boots,
                  struct tw_usm_engine **engines, size_t *engines_n);
void tw_snmp_text(const struct tw_snmp *s, struct tw_buf *b);

/* outputs.c. An output that the list had already, by its name, keeps what waits to be sent. */
void tw_outputs_open(struct tw_daemon *d, const struct tw_config *c);
void tw_outputs_deliver(struct tw_daemon *d);
/* One of them: to log, board, store, outputs. */
void tw_outputs_emit(struct tw_daemon *d, const struct tw_transition *t);
/* Sends what can be sent, and tells the log what has changed. */
void tw_outputs_flush(struct tw_daemon *d);
void tw_outputs_reopen(struct tw_daemon *d);
void tw_outputs_close(struct tw_daemon *d);

/* keep.c. Opens the store and brings the core to where the last run was: before anything is heard. False:
 * told in the log, and another daemon uses it; with any other trouble the daemon goes on without a store. */
bool tw_keep_open(struct tw_daemon *d);
/* Before outputs are opened: what the last run said, and what it left open. */
void tw_keep_past(struct tw_daemon *d);
/* An output begins, where it ended. */
void tw_keep_start(struct tw_daemon *d, struct tw_outlet *o);
/* What was heard since the last run has been read: from now on everything that comes out is new. */
void tw_keep_recovered(struct tw_daemon *d);
/* The only way into the core for what is heard. */
void tw_keep_feed(struct tw_daemon *d, const struct tw_record *r);
/* While it recovers: the core says again what the last run said. */
bool tw_keep_said_before(struct tw_daemon *d, const struct tw_transition *t);
/* A seq that no transition had before. */
uint64_t tw_keep_number(struct tw_daemon *d, uint64_t seq);
/* A transition for the outputs, when it is safe. */
void tw_keep_transition(struct tw_daemon *d, const struct tw_transition *t, struct tw_str json);
/* An answer to who sent the record that was fed last, when that is safe. */
void tw_keep_answer(struct tw_input *in, const struct tw_udp_datagram *g, bool fed, struct tw_str answer);
void tw_keep_tick(struct tw_daemon *d);
/* After each turn. */
void tw_keep_settle(struct tw_daemon *d);
void tw_keep_snapshot(struct tw_daemon *d);
/* The store reads for an outlet (sink/outlet.h); NULL ctx in the options: there is no store. */
void tw_keep_fetch(void *ctx, struct tw_outlet *o, uint64_t seq);
void tw_keep_forget(struct tw_daemon *d, const struct tw_outlet *o);
/* The configuration does not have it any more. */
void tw_keep_drop(struct tw_daemon *d, const struct tw_outlet *o);
/* Why nothing can be kept that should be; NULL: all is well, or no store is configured. */
const char *tw_keep_trouble(struct tw_daemon *d);
/* In order: everything is written, and sent as far as that takes no waiting. */
void tw_keep_end(struct tw_daemon *d);
void tw_keep_close(struct tw_daemon *d);

/* trial.c: commands at the control socket. */
extern const char *const tw_trial_of_output[], *const tw_trial_of_serial[];
bool tw_trial_begin(void *d, const struct tw_control_request *request, struct tw_buf *b);
bool tw_trial_result(void *d, const struct tw_control_request *request, struct tw_buf *b);

/* reload.c: SIGHUP, or somebody's command. */
void tw_reload(struct tw_daemon *d);
/* The last one's, as a member of an object: "errors":["file:line:column: …"]. */
void tw_reload_errors_json(const struct tw_reloads *r, struct tw_buf *b);
void tw_log_errors(const char *place, struct tw_errors *errors);
void tw_log_warnings(const char *place, const struct tw_setup *s);
void tw_log_unused(const struct tw_config *c);

/* serve.c: HTTP and the control socket, if the configuration asks for them. False: told in the log. */
bool tw_serve_open(struct tw_daemon *d);
void tw_serve_close(struct tw_daemon *d);

/* people.c: ack, silence, maintenance and their ends, at the control socket. */
bool tw_people_act(void *daemon, const struct tw_control_request *r, struct tw_buf *answer);
extern const char *const tw_people_of_alerts[], *const tw_people_of_silences[], *const tw_people_of_windows[];

/* report.c */
void tw_report_counters(struct tw_daemon *d);
void tw_report_all(struct tw_daemon *d);
void tw_report_status(struct tw_daemon *d, const char *first);

#endif
