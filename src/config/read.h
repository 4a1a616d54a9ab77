/* SPDX-License-Identifier: ISC */
#ifndef TW_CONFIG_READ_H
#define TW_CONFIG_READ_H
/* One function for each type of option: a node into its place in the configuration. Errors are added. */
#include "config/config.h"

enum option_type {
    OPTION_PATH,
    OPTION_HTTP,
    OPTION_LISTEN,
    OPTION_WORDS,
    OPTION_HOLDS,
    OPTION_OUTPUTS,
    OPTION_FILE,
    OPTION_CLIENTS,
    OPTION_VERSION,
    OPTION_NUMBER,
    OPTION_TIME,
    OPTION_USERS,
    OPTION_LEARN,
    OPTION_ENGINE,
    OPTION_COUNT,
    OPTION_STORE
};

struct reader {
    const struct tw_doc *doc;
    struct tw_errors *errors;
    struct tw_config *config;
    struct tw_arena *arena;
    const struct tw_config_output_type *types;
    const char *key; /* of the option, for messages */
};

/* A path as the program can open it: relative ones are relative to the configuration file. NULL after adding
 * an error. */
const char *read_path(struct reader *r, const struct tw_node *n, const char *what);
/* The same, and ${CREDENTIALS_DIRECTORY}/NAME: what LoadCredential= of systemd passes. */
const char *read_secret_path(struct reader *r, const struct tw_node *n, const char *what);
struct tw_config_place place_of(const struct tw_node *n);

void read_option(struct reader *r, enum tw_option o, enum option_type type, const struct tw_node *n);
/* read_streams.c: the options of the groups tls and streams, and what has to fit together. */
void read_file(struct reader *r, enum tw_option o, const struct tw_node *n);
void read_clients(struct reader *r, const struct tw_node *n);
void read_version(struct reader *r, const struct tw_node *n);
void read_number(struct reader *r, enum tw_option o, const struct tw_node *n);
void read_time(struct reader *r, enum tw_option o, const struct tw_node *n);
void check_tls(struct reader *r, const struct tw_node *listen);
/* read_output.c */
void read_outputs(struct reader *r, const struct tw_node *n);
void help_outputs(const struct tw_config_output_type *types, struct tw_buf *out);
/* read_store.c */
void read_store(struct reader *r, enum tw_option o, const struct tw_node *n);
/* read_snmp.c */
void read_users(struct reader *r, const struct tw_node *n);
void read_learn(struct reader *r, const struct tw_node *n);
bool read_engine_id(struct reader *r, const struct tw_node *n, const char *what, struct tw_str *out);

#endif
