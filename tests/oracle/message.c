/* SPDX-License-Identifier: ISC */
/* How a router writes what a message says: as a line of syslog or as a trap. */
#include "sequence.h"

#include "ber_build.h"

#include "base/err.h"

#include <stdio.h>

#define UPTIME_START (INT64_C(1785000000) * O_SECOND) /* when both agents were started */

static const char *const role_words[] = {"", "Init", "Backup", "Master"};
static const char *const reason_words[] = {"",
                                           "PRI",
                                           "TIMEOUT",
                                           "BFD_DOWN",
                                           "PEER_TIMEOUT",
                                           "PEER_BFD_DOWN",
                                           "ALL_MEMBER_DOWN",
                                           "INIT",
                                           "PEER_NODE_DOWN",
                                           "FORCE_BACKUP",
                                           "FORCE_MASTER",
                                           "ETRUNK_INIT",
                                           "ETRUNK_BACKUP",
                                           "ETRUNK_MASTER",
                                           "PEER_MEMBER_DOWN",
                                           "PEER_MEMBER_UP",
                                           "ACTIVE_ACTIVE",
                                           "DEGRADED_ACTIVE",
                                           "PEER_LINK_DOWN",
                                           "LINK_DOWN",
                                           "ALL_ACTIVE"};
static const char *const down_words[] = {"",
                                         "The tunnel is down",
                                         "The main interface is down",
                                         "The interface is shut down",
                                         "The interface is deleted",
                                         "Interface physical link is down",
                                         "LACP negotiation failed",
                                         "The conditions for the activation of the interface are not met",
                                         "EFM DOWN"};
static const int sub_numbers[] = {100, 200, 9};

static int trunk_of(int member, int side)
{
    return member == 0 ? 10 : 20 + side;
}

static void interface_name(const struct o_event *e, char *out, size_t size)
{
    int trunk = trunk_of(e->member, e->side);
    if (e->sub == O_MAIN)
        (void)snprintf(out, size, "Eth-Trunk%d", trunk);
    else
        (void)snprintf(out, size, "Eth-Trunk%d.%d", trunk, sub_numbers[e->sub]);
}

static int e_trunk_id(const struct o_world *w, const struct o_event *e)
{
    return o_e_trunk(w, e->member) + 1;
}

static void log_text(const struct o_world *w, const struct o_event *e, char *out, size_t size)
{
    char name[64];
    interface_name(e, name, sizeof name);
    int id = e_trunk_id(w, e);
    switch (e->kind) {
    case O_NOISE:
        (void)snprintf(out, size, "%%%%01LLDP/4/BAD_PACKET(l):CID=0x80c4046e;4 invalid packets.");
        return;
    case O_DOWN:
        (void)snprintf(
            out, size,
            "%%%%01IFNET/2/linkDown_active(l):CID=0x807a0405-alarmID=0x08520003;The interface status "
            "changes. (ifName=%s, AdminStatus=%s, OperStatus=DOWN, %s%s%smainIfname=Eth-Trunk%d)",
            name, e->shut ? "DOWN" : "UP", e->down ? "Reason=" : "", down_words[e->down], e->down ? ", " : "",
            trunk_of(e->member, e->side));
        return;
    case O_UP:
        (void)snprintf(
            out, size,
            "%%%%01IFNET/2/linkDown_clear(l):CID=0x807a0405-alarmID=0x08520003;The interface status "
            "changes. (ifName=%s, AdminStatus=UP, OperStatus=UP, Reason=Interface physical link is up)",
            name);
        return;
    case O_MEMBER:
        (void)snprintf(
            out, size,
            "%%%%01ETRUNK/4/ETRUNK_MEMBER_STATUS_CHANGE(l):CID=0x80d8271b;The status of an E-Trunk "
            "member changed. (ETrunkId=%d, MemberType=1, MemberId=%d, State=%s, StateReason=%s)",
            id, trunk_of(e->member, e->side), role_words[e->role], reason_words[e->reason]);
        return;
    case O_E_TRUNK:
        (void)snprintf(
            out, size,
            "%%%%01ETRUNK/4/ETRUNK_STATUS_CHANGE(l):CID=0x80d8271a;The status of an E-Trunk changed."
            "(ETrunkId=%d, State=%s, StateReason=%s)",
            id, role_words[e->role], reason_words[e->reason]);
        return;
    case O_PEER:
        (void)snprintf(
            out, size,
            "%%%%01ETRUNK/4/hwEtrunkStatusTimeOut_%s(l):CID=0x80d8271c;The peer's packets. (ETrunkId=%d)",
            e->peer_heard ? "clear" : "active", id);
        return;
    case O_DELETED:
    case O_RESTART: break; /* only traps tell these */
    }
    TW_ASSERT(false);
}

static const char *month(int m)
{
    static const char *const names[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                        "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    return names[m - 1];
}

static size_t line(const struct o_world *w, const struct o_message *m, char *out, size_t size)
{
    char text[512], stamp[64] = "";
    log_text(w, &m->says, text, sizeof text);
    if (m->form == O_LINE_SECONDS) {
        struct tw_civil c;
        tw_time_to_civil((tw_time){m->says.at}, &c);
        (void)snprintf(stamp, sizeof stamp, "%s %2d %d %02d:%02d:%02d ", month(c.month), c.day, c.year,
                       c.hour, c.minute, c.second);
    }
    return (size_t)snprintf(out, size, "<188>%sPE-%c %s", stamp, m->says.side == 0 ? 'A' : 'B', text);
}

/* ---- traps */
#define IF_MIB  "1.3.6.1.2.1.2.2.1."
#define E_TRUNK "1.3.6.1.4.1.2011.5.25.178."
static void put_text(struct built *list, const char *oid, const char *text)
{
    static struct built value;
    value.n = 0;
    put(&value, 0x04, text, strlen(text));
    put_varbind(list, oid, &value);
}

static int if_index(const struct o_event *e)
{
    return (e->member * 2 + e->side) * 10 + e->sub + 12;
}

static void link_trap(struct built *list, const struct o_event *e)
{
    char oid[64], name[64];
    int index = if_index(e);
    interface_name(e, name, sizeof name);
    (void)snprintf(oid, sizeof oid, IF_MIB "1.%d", index);
    put_int_varbind(list, oid, index);
    (void)snprintf(oid, sizeof oid, IF_MIB "7.%d", index);
    put_int_varbind(list, oid, e->shut ? 2 : 1);
    (void)snprintf(oid, sizeof oid, IF_MIB "8.%d", index);
    put_int_varbind(list, oid, e->kind == O_UP ? 1 : 2);
    (void)snprintf(oid, sizeof oid, IF_MIB "2.%d", index);
    put_text(list, oid, name);
}

static void role_trap(const struct o_world *w, struct built *list, const struct o_event *e)
{
    char oid[96];
    int id = e_trunk_id(w, e);
    bool member = e->kind == O_MEMBER;
    for (int column = 4; column <= 5; column++) {
        if (column == 5 && e->reason == TW_WHY_UNKNOWN)
            break;
        if (member)
            (void)snprintf(oid, sizeof oid, E_TRUNK "1.2.1.%d.%d.1.%d", column, id,
                           trunk_of(e->member, e->side));
        else
            (void)snprintf(oid, sizeof oid, E_TRUNK "1.1.1.%d.%d", column, id);
        /* The tables count differently: 2 is a master member, and a backup E-Trunk. */
        int reason = member ? (int)e->reason - TW_WHY_FORCE_BACKUP + 1 : (int)e->reason;
        put_int_varbind(list, oid, column == 4 ? (int)e->role - (member ? 1 : 0) : reason);
    }
}

static struct built trap(const struct o_world *w, const struct o_event *e)
{
    static const char *const restarts[] = {"", "1.3.6.1.6.3.1.1.5.1", "1.3.6.1.6.3.1.1.5.2",
                                           "1.3.6.1.4.1.2011.5.25.164.3.3"};
    static struct built list;
    const char *oid = NULL;
    list.n = 0;
    switch (e->kind) {
    case O_DOWN: oid = "1.3.6.1.6.3.1.1.5.3"; break;
    case O_UP: oid = "1.3.6.1.6.3.1.1.5.4"; break;
    case O_DELETED: oid = "1.3.6.1.4.1.2011.5.25.41.3.33"; break;
    case O_MEMBER: oid = E_TRUNK "2.2"; break;
    case O_E_TRUNK: oid = E_TRUNK "2.1"; break;
    case O_PEER: oid = e->peer_heard ? E_TRUNK "2.8" : E_TRUNK "2.7"; break;
    case O_RESTART: oid = restarts[e->restart]; break;
    case O_NOISE: oid = "1.3.6.1.4.1.2011.5.25.38.3.1"; break;
    }
    put_v2_start(&list, (uint32_t)((e->at - UPTIME_START) / 10000000), oid);
    if (e->kind == O_DOWN || e->kind == O_UP || e->kind == O_DELETED)
        link_trap(&list, e);
    else if (e->kind == O_MEMBER || e->kind == O_E_TRUNK)
        role_trap(w, &list, e);
    else if (e->kind == O_PEER)
        put_int_varbind(&list, E_TRUNK "1.4.1.0", e_trunk_id(w, e));
    return v2_message(1, 0xa7, &list);
}

struct tw_record o_record(const struct o_world *w, const struct o_message *m)
{
    static char text[1024];
    static struct built bytes;
    struct tw_record r = {.rx = {m->says.rx},
                          .at = {m->says.at},
                          .from = {.family = 4, .bytes = {192, 0, 2, (uint8_t)(1 + m->says.side)}}};
    if (m->form == O_TRAP) {
        bytes = trap(w, &m->says);
        r.transport = TW_TRANSPORT_TRAP;
        r.bytes = built_str(&bytes);
    } else {
        r.bytes = (struct tw_str){text, line(w, m, text, sizeof text)};
    }
    return r;
}

void o_describe(const struct o_world *w, const struct o_message *m, char *out, size_t size)
{
    static const char *const forms[] = {"line", "line, whole seconds", "trap"};
    static const char *const restarts[] = {"", "cold start", "warm start", "agent restart"};
    const struct o_event *e = &m->says;
    char name[64], what[256] = "";
    interface_name(e, name, sizeof name);
    switch (e->kind) {
    case O_NOISE: (void)snprintf(what, sizeof what, "(nothing of interest)"); break;
    case O_DOWN:
        (void)snprintf(what, sizeof what, "%s down%s%s%s%s", name, e->shut ? ", AdminStatus DOWN" : "",
                       e->down ? " '" : "", down_words[e->down], e->down ? "'" : "");
        break;
    case O_UP: (void)snprintf(what, sizeof what, "%s up", name); break;
    case O_DELETED: (void)snprintf(what, sizeof what, "%s deleted", name); break;
    case O_MEMBER:
        (void)snprintf(what, sizeof what, "member Eth-Trunk%d %s %s", trunk_of(e->member, e->side),
                       role_words[e->role], reason_words[e->reason]);
        break;
    case O_E_TRUNK:
        (void)snprintf(what, sizeof what, "E-Trunk %d %s %s", e_trunk_id(w, e), role_words[e->role],
                       reason_words[e->reason]);
        break;
    case O_PEER:
        (void)snprintf(what, sizeof what, "E-Trunk %d %s its peer", e_trunk_id(w, e),
                       e->peer_heard ? "hears" : "does not hear");
        break;
    case O_RESTART: (void)snprintf(what, sizeof what, "%s", restarts[e->restart]); break;
    }
    (void)snprintf(out, size, "pe-%c %s (%s)", e->side == 0 ? 'a' : 'b', what, forms[m->form]);
}
