/* SPDX-License-Identifier: ISC */
#include "model/event.h"

static const char *const words_state[] = {"up", "down", NULL};
static const char *const words_role[] = {"init", "backup", "master", NULL};
static const char *const words_role_reason[] = {"pri",
                                                "timeout",
                                                "bfd-down",
                                                "peer-timeout",
                                                "peer-bfd-down",
                                                "all-member-down",
                                                "init",
                                                "peer-node-down",
                                                "force-backup",
                                                "force-master",
                                                "etrunk-init",
                                                "etrunk-backup",
                                                "etrunk-master",
                                                "peer-member-down",
                                                "peer-member-up",
                                                "active-active",
                                                "degraded-active",
                                                "peer-link-down",
                                                "link-down",
                                                "all-active",
                                                "peer-bandwidth-large",
                                                "local-bandwidth-large",
                                                NULL};
static const char *const words_member_type[] = {"eth-trunk", "global-ve", NULL};
static const char *const words_work_mode[] = {"auto", "force-backup", "force-master", "active-active", NULL};
static const char *const words_down_class[] = {"other", "inherited", "admin",    "deleted", "physical",
                                               "lacp",  "config",    "protocol", NULL};
static const char *const words_restart[] = {"cold", "warm", "agent", NULL};

static const struct {
    const char *name;
    enum tw_field_type type;
    const char *const *words;
} fields[] = {
#define TW_EVENT_FIELD(id, word, type, words) {word, type, words},
#include "model/event.def"
#undef TW_EVENT_FIELD
};
_Static_assert(TW_EVENT_FIELDS <= 16, "struct tw_event holds 16 fields");

static const char *const kinds[] = {
    "none",
#define TW_EVENT_KIND(id, word) word,
#include "model/event.def"
#undef TW_EVENT_KIND
};

const char *const *tw_event_field_words(enum tw_event_field f)
{
    return fields[f].words;
}

const char *tw_event_field_name(enum tw_event_field f)
{
    return fields[f].name;
}

enum tw_field_type tw_event_field_type(enum tw_event_field f)
{
    return fields[f].type;
}

const char *tw_event_kind_name(enum tw_event_kind k)
{
    return kinds[k];
}

enum tw_event_kind tw_event_kind_find(struct tw_str word)
{
    for (int k = 1; k < TW_EVENT_KINDS; k++) {
        if (tw_str_eq(word, tw_str_z(kinds[k])))
            return (enum tw_event_kind)k;
    }
    return TW_EVENT_NONE;
}

enum tw_event_field tw_event_field_find(struct tw_str word)
{
    int f = 0;
    while (f < TW_EVENT_FIELDS && !tw_str_eq(word, tw_str_z(fields[f].name)))
        f++;
    return (enum tw_event_field)f;
}

int tw_event_word_find(enum tw_event_field f, struct tw_str word)
{
    for (int i = 0; fields[f].words != NULL && fields[f].words[i] != NULL; i++) {
        if (tw_str_eq(word, tw_str_z(fields[f].words[i])))
            return i + 1;
    }
    return 0;
}

const char *tw_event_word(enum tw_event_field f, int value)
{
    return value > 0 && fields[f].words != NULL ? fields[f].words[value - 1] : "unknown";
}

const char *tw_source_name(enum tw_source s)
{
    switch (s) {
    case TW_SOURCE_SYSLOG: return "syslog";
    case TW_SOURCE_TRAP: return "trap";
    case TW_SOURCE_POLL: return "poll";
    case TW_SOURCE_INVENTORY: return "inventory";
    }
    return "unknown";
}
