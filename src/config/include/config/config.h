/* SPDX-License-Identifier: ISC */
#ifndef TW_CONFIG_CONFIG_H
#define TW_CONFIG_CONFIG_H
/*
 * trunkwatchd.yaml (contract 5) as a value. The rows of options.def are all there is: parser, --check and
 * --help-config come from them.
 *
 * A key that this version can't serve is an error that says so; a few that do no harm are accepted and named
 * by tw_config_unused, to be warned about. Ownership: everything lives until tw_config_destroy.
 */
#include "doc/doc.h"
#include "model/record.h"
#include "model/setting.h"
#include "model/transition.h"
#include "model/usm.h"

struct tw_buf; /* base/buf.h */

enum tw_option {
#define TW_OPTION(id, key, type, preset, use, help) TW_OPTION_##id,
#include "config/options.def"
#undef TW_OPTION
    TW_OPTIONS
};
const char *tw_option_key(enum tw_option o);
bool tw_option_reloaded(enum tw_option o);

struct tw_config_place {
    uint32_t line, column;
};
struct tw_config_listen {
    struct tw_addr address;
    uint16_t port;
    bool tcp; /* else UDP */
    bool tls; /* over TCP */
    const char *text;
};
struct tw_config_hold {
    struct tw_str condition;
    tw_dur hold;
    struct tw_config_place at;
};
struct tw_config_user { /* of SNMPv3 */
    const char *name;
    enum tw_usm_auth auth;
    enum tw_usm_priv priv;
    enum tw_security level;
    const char *auth_file, *priv_file; /* NULL: none */
    struct tw_str engine_id;           /* 0x…; empty: any */
    struct tw_config_place at, auth_at, priv_at;
};
struct tw_config_output { /* sink/outlet.h says what is done with it */
    size_t type;          /* index in the list of types that was passed */
    const char *name;
    const struct tw_setting_value *values; /* one for each row of the type's settings */
    enum tw_severity severity;             /* the least */
    const struct tw_str *conditions, *pairs;
    size_t conditions_n, pairs_n; /* 0: all */
    int silenced;                 /* 0 no, 1 yes, 2 as the type does it */
    bool no_updates;
    tw_dur repeat; /* 0: never */
    struct tw_config_place at;
};

struct tw_config_file {
    const char *path; /* NULL: not given */
    struct tw_config_place at;
};
struct tw_config_tls { /* all three files, or none; without client_ca when clients_optional */
    struct tw_config_file certificate, key, client_ca;
    bool clients_optional;
    bool least_1_3; /* least-version */
};
enum { TW_CONFIG_CONNECTIONS_MAX = 4096 };
struct tw_config_streams { /* limits of TCP and TLS */
    uint32_t connections, per_source, message_bytes;
    tw_dur message_time, handshake_time, idle_time; /* idle_time 0: for ever */
};
enum { TW_CONFIG_COUNT_MAX = 1000000, TW_CONFIG_OUTPUTS_MAX = 64 };

struct tw_config {
    const char *file;
    const char *inventory, *rules; /* paths, relative to the working directory; rules: NULL when not given */
    const char *control;           /* likewise */
    struct tw_config_place inventory_at, rules_at;
    const struct tw_config_listen *syslog, *snmp;
    size_t syslog_n, snmp_n;
    const struct tw_config_listen *http; /* NULL: nowhere */
    struct tw_config_tls tls;
    struct tw_config_streams streams;
    const struct tw_str *communities;
    size_t communities_n;
    const struct tw_config_user *users;
    size_t users_n;
    int learn_engines;       /* 0 no, 1 yes, 2 ask */
    struct tw_str engine_id; /* our own; empty: not given */
    const char *state;       /* NULL: none */
    struct tw_config_place state_at;
    tw_dur store_keep;
    uint64_t store_keep_bytes;
    bool store_fast; /* safe from a crash only */
    const struct tw_config_hold *holds;
    size_t holds_n;
    uint64_t storm_rate, storm_burst;
    const struct tw_config_output *outputs;
    size_t outputs_n;
    struct tw_config_private *own;
};

/* What outputs there are: the application tells, from the sinks. `name` NULL ends the list. */
struct tw_config_output_type {
    const char *name, *help;
    const struct tw_setting *settings;
};

/* NULL after adding errors with their places. */
struct tw_config *tw_config_create(const char *file, struct tw_str text,
                                   const struct tw_config_output_type *types, struct tw_errors *errors);
/* Only where a daemon with this file can be reached: http and control. Whatever else is wrong in it is no
 * error. */
struct tw_config *tw_config_doors(const char *file, struct tw_str text, struct tw_errors *errors);
void tw_config_destroy(struct tw_config *c);
/* The file that a value of the kind SECRET names was read: `secret` takes its place. Wiped at the end. */
void tw_config_secret(struct tw_config *c, const struct tw_setting_value *v, struct tw_str secret);
/* The option stands in the file; if not, its default is used. */
bool tw_config_given(const struct tw_config *c, enum tw_option o);
/* The option was given, and this version does not use it. */
bool tw_config_unused(const struct tw_config *c, enum tw_option o);
/* Both say the same. */
bool tw_config_same(const struct tw_config *a, const struct tw_config *b, enum tw_option o);
/* Every key with its default and its help, also those of the outputs. */
void tw_config_help(const struct tw_config_output_type *types, struct tw_buf *out);

#endif
