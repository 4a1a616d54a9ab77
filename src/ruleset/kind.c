/* SPDX-License-Identifier: ISC */
#include "ruleset_internal.h"

#define BIT(field) (1u << TW_FIELD_##field)
#define WHICH      (BIT(INTERFACE) | BIT(IF_INDEX))
#define EVERY      ((1u << TW_EVENT_FIELDS) - 1)

static const struct {
    uint32_t needs[3]; /* one of each set; 0 ends */
    uint32_t may;      /* besides what it needs */
} kinds[TW_EVENT_KINDS] = {
    [TW_EVENT_NONE] = {{0}, 0},
    [TW_EVENT_INTERFACE_DOWN] = {{WHICH, 0}, BIT(ADMIN) | BIT(REASON) | BIT(DOWN_CLASS) | BIT(MAIN)},
    [TW_EVENT_INTERFACE_UP] = {{WHICH, 0}, BIT(ADMIN) | BIT(MAIN)},
    [TW_EVENT_INTERFACE_DELETED] = {{WHICH, 0}, BIT(MAIN)},
    [TW_EVENT_LINE_PROTOCOL] = {{WHICH, BIT(STATE), 0}, BIT(PROTOCOL) | BIT(REASON)},
    [TW_EVENT_E_TRUNK_ROLE] = {{BIT(E_TRUNK), BIT(ROLE), 0}, BIT(ROLE_REASON)},
    [TW_EVENT_MEMBER_ROLE] = {{BIT(MEMBER), BIT(ROLE), 0},
                              BIT(E_TRUNK) | BIT(MEMBER_TYPE) | BIT(ROLE_REASON) | BIT(WORK_MODE)},
    [TW_EVENT_E_TRUNK_PEER] = {{BIT(E_TRUNK), BIT(STATE), 0}, 0},
    [TW_EVENT_RBS_CHANNEL] = {{BIT(NAME), BIT(STATE), 0}, BIT(REASON)},
    [TW_EVENT_RBP_ROLE] = {{BIT(NAME), BIT(ROLE), 0}, BIT(REASON)},
    [TW_EVENT_DEVICE_RESTART] = {{BIT(RESTART), 0}, 0},
    [TW_EVENT_CLOCK_CHANGED] = {{0}, 0},
    [TW_EVENT_NOTED] = {{0}, EVERY},
};

const uint32_t *tw_event_needs(enum tw_event_kind k)
{
    return kinds[k].needs;
}

uint32_t tw_event_may(enum tw_event_kind k)
{
    uint32_t may = kinds[k].may;
    for (const uint32_t *need = kinds[k].needs; *need != 0; need++)
        may |= *need;
    return may;
}
