/* SPDX-License-Identifier: ISC */
#ifndef TW_APP_SETUP_H
#define TW_APP_SETUP_H
/*
 * Everything the daemon reads, read and proved together: configuration, inventory, rules and all their
 * examples. What starts, what --check says and what SIGHUP brings is the same.
 */
#include "config/config.h"
#include "pipeline/rules.h"
#include "source/usm.h"
#include "topology/topology.h"

struct tw_tls; /* tls/tls.h */

struct tw_setup {
    struct tw_config *config;
    const struct tw_topology *topology;
    struct tw_rules *rules; /* with the holds of the configuration */
    struct tw_tls *tls;     /* NULL: not configured */
    const char *rules_dir;
    size_t examples;
    struct tw_usm_user *users; /* of SNMPv3, with their keys */
    size_t users_n;
    struct tw_errors warnings; /* with their places: what works, and should not be so */
};

/* All or nothing. TW_EXIT_NOT_RIGHT: errors with their places were added. TW_EXIT_USAGE: the file itself
 * can't be read. */
int tw_setup_load(const char *path, struct tw_setup *out, struct tw_errors *errors);
/* Frees what was not taken (set to NULL). */
void tw_setup_finish(struct tw_setup *s);
/* secrets.c: the users of the configuration, and the keys that their files make. */
void tw_setup_read_users(struct tw_setup *s, struct tw_errors *errors);
/* secrets.c: what stands in the file of a secret becomes its value. */
void tw_setup_read_secret(struct tw_setup *s, const struct tw_setting_value *v, struct tw_config_place at,
                          struct tw_errors *errors);
/* Adds an error with errno's text. */
void tw_setup_wrong(const struct tw_setup *s, struct tw_config_place at, const char *what, const char *path,
                    struct tw_errors *errors);
/* setup_outputs.c */
enum { TW_SETUP_TYPES_MAX = 32 };
void tw_setup_output_types(struct tw_config_output_type types[static TW_SETUP_TYPES_MAX]);
void tw_setup_check_outputs(struct tw_setup *s, struct tw_errors *errors);
/* `trunkwatchd --check`: says what was found and what is doubtful. Returns the exit status. */
int tw_setup_check(const char *path);
/* credentials.c */
void tw_setup_load_tls(struct tw_setup *s, struct tw_errors *errors);

#endif
