/* SPDX-License-Identifier: ISC */
/* Messages of routers, drawn from dice: lines of VRP5 and VRP8, SNMP v1 and v2c notifications. */
#include "oids/oids.h"
#include "script.h"

#include "base/err.h"

#include <stdio.h>

static const unsigned trunks[] = {10, 20, 30, 11, 7};
static const unsigned subs[] = {0, 100, 200, 300, 9, 1000, 4094, 101};
static const char *const roles[] = {"Master",     "Backup", "Init", "MASTER", "BACKUP",
                                    "Initialize", "2",      "1",    "3",      "9"};
static const char *const reasons[] = {"PRI",
                                      "TIMEOUT",
                                      "BFD_DOWN",
                                      "PEER_TIMEOUT",
                                      "PEER_BFD_DOWN",
                                      "INIT",
                                      "FORCE_BACKUP",
                                      "FORCE_MASTER",
                                      "ETRUNK_INIT",
                                      "ETRUNK_BACKUP",
                                      "ETRUNK_MASTER",
                                      "PEER_MEMBER_DOWN",
                                      "PEER_MEMBER_UP",
                                      "ACTIVE_ACTIVE",
                                      "etrunkBackup",
                                      "SOMETHING_NEW",
                                      "4",
                                      "5",
                                      "6",
                                      "2"};
static const char *const down_reasons[] = {"Interface physical link is down", "The main interface is down",
                                           "The interface is shut down",      "The interface is deleted",
                                           "LACP negotiation failed",         "A reason of the next release",
                                           "The interface is down due to OAM"};
static const char *const names[] = {"rbs1", "rbs2", "rbp-arp", "x\x01y", "\xc3\xa9", "\xff\xfe", ""};

#define DRAW(d, table) ((table)[dice_below((d), sizeof(table) / sizeof *(table))])

static const char *interface(struct dice *d, char out[static 48])
{
    unsigned trunk = DRAW(d, trunks), sub = DRAW(d, subs);
    (void)snprintf(out, 48, sub == 0 ? "Eth-Trunk%u" : "Eth-Trunk%u.%u", trunk, sub);
    return out;
}

static size_t header(struct dice *d, const struct message_place *w, char *out, size_t room)
{
    static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                         "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    struct tw_civil c;
    const char *pri = dice_byte(d) % 4 != 0 ? "<188>" : "";
    int n = 0;
    tw_time_to_civil(w->stamp, &c);
    switch (dice_below(d, 6)) {
    case 0: n = snprintf(out, room, "%s%s ", pri, w->host); break;
    case 1:
        n = snprintf(out, room, "%s%04d-%02d-%02dT%02d:%02d:%02d.%03dZ %s ", pri, c.year, c.month, c.day,
                     c.hour, c.minute, c.second, (int)(c.nanosecond / 1000000), w->host);
        break;
    case 2:
        n = snprintf(out, room, "%s%s %2d %02d:%02d:%02d %s ", pri, months[c.month - 1], c.day, c.hour,
                     c.minute, c.second, w->host);
        break;
    default:
        n = snprintf(out, room, "%s%s %2d %04d %02d:%02d:%02d %s ", pri, months[c.month - 1], c.day, c.year,
                     c.hour, c.minute, c.second, w->host);
    }
    return n < 0 ? 0 : (size_t)n;
}

/* long: one message a case */
static int body(struct dice *d, char *out, size_t room)
{
    char name[48];
    unsigned kind = dice_below(d, 20), alarm = dice_byte(d) % 2;
    const char *word = alarm ? "clear" : "active";
    switch (kind) {
    case 0:
    case 1:
    case 2:
    case 3:
        return snprintf(out, room,
                        "%%%%01IFNET/2/linkDown_active(l):CID=0x807a0408-alarmID=0x08520003;The interface "
                        "status changes. "
                        "(ifName=%s, AdminStatus=UP, OperStatus=DOWN, Reason=%s)",
                        interface(d, name), DRAW(d, down_reasons));
    case 4:
    case 5:
        return snprintf(
            out, room,
            "%%%%01IFNET/2/linkDown_clear(l):CID=0x807a0408-alarmID=0x08520003;The interface status changes. "
            "(ifName=%s, AdminStatus=UP, OperStatus=UP, Reason=Interface physical link is up)",
            interface(d, name));
    case 6:
        return snprintf(
            out, room,
            "%%%%01IFNET/6/linkDown(t):CID=0x1;The interface status changes. (ifName=%s, AdminStatus=%u)",
            interface(d, name), 1 + alarm);
    case 7:
        return snprintf(
            out, room,
            "%%%%01IFNET/1/IF_LINK%s(l)[41]:OID 1.3.6.1.6.3.1.1.5.3 Interface 37 turned into %s state."
            "(AdminStatus=1,OperStatus=2,InterfaceName=%s)",
            alarm ? "UP" : "DOWN", alarm ? "UP" : "DOWN", interface(d, name));
    case 8:
        return snprintf(out, room,
                        "%%%%01IFNET/4/LINK_STATE(l)[12]:The line protocol IP on the interface %s has "
                        "entered the %s state.",
                        interface(d, name), alarm ? "UP" : "DOWN");
    case 9:
        return snprintf(out, room, "%%%%01IFNET/4/IF_STATE(l)[7]:Interface %s has turned into %s state.",
                        interface(d, name), alarm ? "UP" : "DOWN");
    case 10:
    case 11:
        return snprintf(
            out, room,
            "%%%%01ETRUNK/4/ETRUNK_STATUS_CHANGE(l):CID=0x80630404;The status of an E-Trunk changed."
            "(ETrunkId=%u, State=%s, StateReason=%s)",
            1 + dice_below(d, 3), DRAW(d, roles), DRAW(d, reasons));
    case 12:
    case 13:
    case 14:
        return snprintf(out, room,
                        "%%%%01ETRUNK/4/ETRUNK_MEMBER_STATUS_CHANGE(l):CID=0x80630404;The status of an "
                        "E-Trunk member changed. "
                        "(ETrunkId=%u, MemberType=1, MemberId=%u, State=%s, StateReason=%s)",
                        1 + dice_below(d, 3), DRAW(d, trunks), DRAW(d, roles), DRAW(d, reasons));
    case 15:
        return snprintf(out, room,
                        "%%%%01ETRUNK/4/hwEtrunkStatusTimeOut_%s(l):CID=0x80630404;No packet from the peer. "
                        "(ETrunkId=%u)",
                        word, 1 + dice_below(d, 3));
    case 16:
        return snprintf(
            out, room,
            "%%%%01RBS/4/RBS_CHANNEL_STATUS_CHANGE(l):CID=0x80d60404;The state of the RBS channel changed. "
            "(serviceName=%s, channelState=%s)",
            DRAW(d, names), alarm ? "Up" : "Down");
    case 17:
        return snprintf(
            out, room,
            "%%%%01CLI/5/CMDRECORD(s):CID=0x80ca2713;Recorded command information. (User=%s, Command=\"%s\")",
            DRAW(d, names), interface(d, name));
    case 18:
        return snprintf(out, room,
                        "%%%%01RBS/4/RBS_CHANNEL_STATUS_CHANGE(l):;(serviceName=r%u, channelState=Down)",
                        dice_byte(d));
    default:
        return snprintf(out, room,
                        "%%%%01IFNET/2/linkDown_%s(l):;(ifName=Eth-Trunk10.%u, AdminStatus=UP, Reason=%s)",
                        word, 1 + 16 * dice_byte(d), DRAW(d, down_reasons));
    }
}

size_t message_log(struct dice *d, const struct message_place *where, char out[static SCRIPT_BYTES_MAX])
{
    size_t n = header(d, where, out, SCRIPT_BYTES_MAX / 2);
    int more = body(d, out + n, SCRIPT_BYTES_MAX - n);
    return n + (more < 0 ? 0 : (size_t)more);
}

/* BER, written from the end to the front: then every length is known when it is needed. */
struct ber {
    uint8_t *p; /* first byte written so far */
    uint8_t *low;
};

static void ber_byte(struct ber *b, unsigned byte)
{
    TW_ASSERT(b->p > b->low);
    *--b->p = (uint8_t)byte;
}

static void ber_wrap(struct ber *b, const uint8_t *end, unsigned tag)
{
    size_t n = (size_t)(end - b->p);
    if (n < 128) {
        ber_byte(b, (unsigned)n);
    } else {
        ber_byte(b, (unsigned)n & 255);
        ber_byte(b, (unsigned)n >> 8);
        ber_byte(b, 0x82);
    }
    ber_byte(b, tag);
}

static void ber_number(struct ber *b, uint32_t number, unsigned tag)
{
    const uint8_t *end = b->p;
    do {
        ber_byte(b, number & 255);
        number >>= 8;
    } while (number > 0);
    if (*b->p >= 128)
        ber_byte(b, 0);
    ber_wrap(b, end, tag);
}

static void ber_text(struct ber *b, const char *text)
{
    const uint8_t *end = b->p;
    for (size_t i = strlen(text); i > 0; i--)
        ber_byte(b, (uint8_t)text[i - 1]);
    ber_wrap(b, end, 4);
}

static void ber_arc(struct ber *b, uint32_t arc)
{
    unsigned more = 0;
    do {
        ber_byte(b, (arc & 127) | more);
        arc >>= 7;
        more = 128;
    } while (arc > 0);
}

/* An object by its name, and its instance. */
static void ber_oid(struct ber *b, const char *name, const uint32_t *instance, size_t n)
{
    const uint8_t *end = b->p;
    const struct tw_oid_name *o = tw_oid_by_name(tw_str_z(name));
    TW_ASSERT(o != NULL);
    while (n > 0)
        ber_arc(b, instance[--n]);
    for (size_t i = o->n; i > 2; i--)
        ber_arc(b, o->id[i - 1]);
    ber_byte(b, o->id[0] * 40 + o->id[1]);
    ber_wrap(b, end, 6);
}

static void bind_number(struct ber *b, const char *name, const uint32_t *instance, size_t n, uint32_t value)
{
    const uint8_t *end = b->p;
    ber_number(b, value, 2);
    ber_oid(b, name, instance, n);
    ber_wrap(b, end, 0x30);
}

static void bind_text(struct ber *b, const char *name, uint32_t index, const char *value)
{
    const uint8_t *end = b->p;
    ber_text(b, value);
    ber_oid(b, name, &index, 1);
    ber_wrap(b, end, 0x30);
}

/* The varbinds of one kind; returns what the notification is called. */
static const char *payload(struct dice *d, struct ber *b)
{
    static const uint32_t indices[] = {10, 37, 38, 20, 4711, 0, 4294967295};
    static const char *const bare[] = {"SNMPv2-MIB::coldStart",
                                       "SNMPv2-MIB::warmStart",
                                       "HUAWEI-SNMP-EXT-MIB::hwSNMPReset",
                                       "HUAWEI-SYS-MAN-MIB::hwSysClockChangedNotification",
                                       "HUAWEI-SYS-MAN-MIB::hwSysReloadNotification",
                                       "HUAWEI-AAA-MIB::hwRbpStateChange"};
    char name[48];
    uint32_t index = DRAW(d, indices), at[3] = {1 + dice_below(d, 3), 1, DRAW(d, trunks)};
    unsigned kind = dice_below(d, 12), alarm = dice_byte(d) % 2;
    switch (kind) {
    case 0:
    case 1:
    case 2:
        if (dice_byte(d) % 2)
            bind_text(b, "IF-MIB::ifDescr", index, interface(d, name));
        bind_number(b, "IF-MIB::ifAdminStatus", &index, 1, 1 + dice_below(d, 2));
        bind_number(b, "IF-MIB::ifIndex", &index, 1, index);
        return alarm ? "IF-MIB::linkUp" : "IF-MIB::linkDown";
    case 3:
    case 4:
        bind_number(b, "HUAWEI-E-TRUNK-MIB::hwETrunkStatusReason", at, 1, dice_below(d, 12));
        bind_number(b, "HUAWEI-E-TRUNK-MIB::hwETrunkStatus", at, 1, dice_below(d, 5));
        return "HUAWEI-E-TRUNK-MIB::hwETrunkStatusChange";
    case 5:
    case 6:
        bind_number(b, "HUAWEI-E-TRUNK-MIB::hwETrunkMemberStatusReason", at, 3, dice_below(d, 20));
        bind_number(b, "HUAWEI-E-TRUNK-MIB::hwETrunkMemberStatus", at, 3, dice_below(d, 4));
        if (dice_byte(d) % 4 == 0)
            bind_number(b, "HUAWEI-E-TRUNK-MIB::hwETrunkMemberWorkMode", at, 3, dice_below(d, 6));
        return "HUAWEI-E-TRUNK-MIB::hwETrunkMemberStatusChange";
    case 7:
        bind_number(b, "HUAWEI-E-TRUNK-MIB::hwETrunkTrapETrunkId", (uint32_t[]){0}, 1, at[0]);
        return alarm ? "HUAWEI-E-TRUNK-MIB::hwEtrunkStatusTimeOutResume"
                     : "HUAWEI-E-TRUNK-MIB::hwEtrunkStatusTimeOut";
    case 8:
        bind_text(b, "HUAWEI-AAA-MIB::hwRbsName", 0, DRAW(d, names));
        return alarm ? "HUAWEI-AAA-MIB::hwRbsUp" : "HUAWEI-AAA-MIB::hwRbsDown";
    case 9:
        bind_text(b, "IF-MIB::ifDescr", index, interface(d, name));
        bind_number(b, "IF-MIB::ifIndex", &index, 1, index);
        return "HUAWEI-IF-EXT-MIB::hwExtInterfaceDelete";
    default: return DRAW(d, bare);
    }
}

size_t message_trap(struct dice *d, const struct message_place *where, uint32_t uptime_cs,
                    char out[static SCRIPT_BYTES_MAX])
{
    uint8_t bytes[SCRIPT_BYTES_MAX];
    struct ber b = {bytes + sizeof bytes, bytes};
    const uint8_t *end = b.p;
    unsigned inform = dice_byte(d) % 8 == 0;
    const char *name = payload(d, &b);
    const uint8_t *after = b.p;
    ber_oid(&b, name, NULL, 0);
    ber_oid(&b, "SNMPv2-MIB::snmpTrapOID", (uint32_t[]){0}, 1);
    ber_wrap(&b, after, 0x30);
    after = b.p;
    ber_number(&b, uptime_cs, 0x43);
    ber_oid(&b, "SNMPv2-MIB::sysUpTime", (uint32_t[]){0}, 1);
    ber_wrap(&b, after, 0x30);
    ber_wrap(&b, end, 0x30);
    ber_number(&b, 0, 2);
    ber_number(&b, 0, 2);
    ber_number(&b, where->device + 1, 2);
    ber_wrap(&b, end, inform ? 0xa6 : 0xa7);
    ber_text(&b, "public");
    ber_number(&b, 1, 2);
    ber_wrap(&b, end, 0x30);
    size_t n = (size_t)(end - b.p);
    memcpy(out, b.p, n);
    return n;
}
