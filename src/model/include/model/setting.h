/* SPDX-License-Identifier: ISC */
#ifndef TW_MODEL_SETTING_H
#define TW_MODEL_SETTING_H
/*
 * What can be set of an output, as rows: the output states them, the configuration reads, checks and explains
 * them. Values live as long as the configuration.
 */
#include "base/str.h"

enum tw_setting_kind {
    TW_SETTING_TEXT,
    TW_SETTING_PATH,   /* of a file that is written: relative ones are relative to the configuration */
    TW_SETTING_FILE,   /* of one that is read: it must be readable; ${CREDENTIALS_DIRECTORY}/NAME as well */
    TW_SETTING_SECRET, /* a file like that; the value is what stands in it, without a final newline */
    TW_SETTING_NUMBER, /* from `least` to `most` */
    TW_SETTING_TIME,   /* likewise, in ns */
    TW_SETTING_BOOL,
    TW_SETTING_WORD, /* one of `words` */
    TW_SETTING_LIST, /* of texts, at least one */
    TW_SETTING_EACH, /* the same, and each makes an output of its own, which waits for none of the others */
};

struct tw_setting {
    const char *name; /* NULL ends the rows */
    enum tw_setting_kind kind;
    bool needed;
    const char *preset; /* as it would be written; NULL: none */
    const char *help;   /* a sentence */
    const char *const *words;
    int64_t least, most;
};

struct tw_setting_value {
    bool given;         /* in the file, or by a preset */
    struct tw_str text; /* TEXT, PATH, FILE, SECRET, WORD, and the one of EACH; NUL-terminated */
    int64_t number;     /* NUMBER, TIME, BOOL; WORD: which */
    const struct tw_str *list;
    size_t list_n;
    uint32_t line, column; /* 0: preset */
};

#endif
