/* SPDX-License-Identifier: ISC */
#ifndef TW_CONFIG_READ_H
#define TW_CONFIG_READ_H
/* One function for each type of option: a node into its place in the configuration. Errors are added. */
#include "config/config.h"

enum option_type {
    OPTION_PATH,
    OPTION_TEXT,
    OPTION_LISTEN,
    OPTION_WORDS,
    OPTION_HOLDS,
    OPTION_OUTPUTS,
    OPTION_REFUSED
};

struct reader {
    const struct tw_doc *doc;
    struct tw_errors *errors;
    struct tw_config *config;
    struct tw_arena *arena;
    const struct tw_config_output_type *types;
    const char *key; /* of the option, for messages */
};

void read_option(struct reader *r, enum tw_option o, enum option_type type, const struct tw_node *n);

#endif
