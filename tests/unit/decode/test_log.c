/* SPDX-License-Identifier: ISC */
#include "decode/log.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

/* 2026-08-08T18:00:00Z: what stamps without a year are near to. */
#define NEAR ((tw_time){1786212000000000000})

enum { LINE = 1024 };

static void put_stamp(char *buf, size_t size, const struct tw_stamp *s)
{
    static const struct {
        int64_t ns;
        const char *word;
    } units[] = {{1000000000, "1s"}, {100000000, "100ms"}, {10000000, "10ms"},
                 {1000000, "1ms"},   {1000, "1us"},        {1, "1ns"}};
    char text[TW_TIME_TEXT];
    const char *unit = "?";
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        if (units[i].ns == s->resolution.ns)
            unit = units[i].word;
    }
    if (!s->present)
        (void)snprintf(buf, size, "-");
    else if (s->has_offset)
        (void)snprintf(buf, size, "%s%+d/%s", tw_time_text(s->civil, text), (int)s->offset_s, unit);
    else
        (void)snprintf(buf, size, "%s/%s", tw_time_text(s->civil, text), unit);
}

/* pri|relay stamp|relay host|stamp|host|MODULE/SEV/BRIEF|type|fields|text */
static void flatten(const struct tw_log *l, char out[static LINE])
{
    char relay[64], stamp[64];
    put_stamp(relay, sizeof relay, &l->relay);
    put_stamp(stamp, sizeof stamp, &l->stamp);
    (void)snprintf(out, LINE, "%d|%s|%.*s|%s|%.*s|%.*s/%d/%.*s%s|%c|%.*s|%.*s", l->pri, relay,
                   TW_STR_ARG(l->relay_host), stamp, TW_STR_ARG(l->host), TW_STR_ARG(l->module), l->severity,
                   TW_STR_ARG(l->brief), l->cut ? "…" : "", l->type ? l->type : '-', TW_STR_ARG(l->fields),
                   TW_STR_ARG(l->text));
}

/* First all but FIELDS and TEXT, then these: in the end it is the same. */
static void by_steps(const char *input, const struct tw_log *want, enum tw_log_fault fault, size_t offset)
{
    struct tw_log log;
    size_t at = 99;
    char first[LINE], again[LINE];
    static struct tw_log_name names[TW_LOG_NAMES]; /* of all lines of before; and again, when it is known */
    struct tw_log_reader reader = TW_LOG_READER(0, NEAR);
    reader.names = names;
    assert_int_equal(tw_log_peek(&reader, tw_str_z(input), &log, &at), fault);
    assert_int_equal(at, offset);
    const struct tw_log_name *name = reader.name;
    assert_int_equal(tw_log_peek(&reader, tw_str_z(input), &log, &at), fault);
    assert_int_equal(at, offset);
    assert_ptr_equal(reader.name, name);
    if (fault != TW_LOG_OK)
        return;
    assert_true(log.unsplit && log.fields.n == 0 && log.text.n >= want->text.n);
    assert_int_equal(log.text.p + log.text.n - input, want->text.p + want->text.n - input);
    tw_log_split(&log);
    assert_false(log.unsplit || want->unsplit);
    tw_log_split(&log); /* once more changes nothing, whatever TEXT looks like */
    flatten(want, first);
    flatten(&log, again);
    assert_string_equal(again, first);
}

static void expect(const char *input, const char *want)
{
    struct tw_log log;
    size_t offset = 99;
    char have[LINE];
    enum tw_log_fault fault = tw_log_decode(tw_str_z(input), 0, NEAR, &log, &offset);
    if (fault != TW_LOG_OK)
        (void)snprintf(have, sizeof have, "%s@%zu", tw_log_fault_name(fault), offset);
    else
        flatten(&log, have);
    if (strcmp(have, want) != 0)
        fail_msg("%s\n  have %s\n  want %s", input, have, want);
    by_steps(input, &log, fault, offset);
}

struct row {
    const char *input, *want;
};

/* The sample lines of the domain's notes, as written there. */
static const struct row samples[] = {
    {"Mar 24 2026 23:27:24 R1 %%01IFNET/2/linkDown_active(l):CID=0x807a0408-alarmID=0x08520003;The interface "
     "status "
     "changes. (ifName=GE1/0/4, AdminStatus=UP, OperStatus=DOWN, Reason=Interface physical link is down, "
     "mainIfname=GE1/0/4)",
     "-1|-||2026-03-24T23:27:24.000Z/1s|R1|IFNET/2/linkDown_active|l|CID=0x807a0408-alarmID=0x08520003|The "
     "interface "
     "status changes. (ifName=GE1/0/4, AdminStatus=UP, OperStatus=DOWN, Reason=Interface physical link is "
     "down, "
     "mainIfname=GE1/0/4)"},
    {"Mar 24 2026 23:27:24 R1 "
     "%%01IFNET/2/linkDown_clear(l):CID=0x807a0408-alarmID=0x08520003-clearType=service_"
     "resume;The interface status changes. (ifName=GE1/0/4, AdminStatus=UP)",
     "-1|-||2026-03-24T23:27:24.000Z/1s|R1|IFNET/2/"
     "linkDown_clear|l|CID=0x807a0408-alarmID=0x08520003-clearType="
     "service_resume|The interface status changes. (ifName=GE1/0/4, AdminStatus=UP)"},
    {"Feb 15 2021 04:33:56-04:00 r2 %%01IFNET/2/linkDown_clear(l):CID=0x807a040a-alarmID=0x08520003;The "
     "interface "
     "status changes. (ifName=25GE1/0/41, AdminStatus=UP, OperStatus=UP)",
     "-1|-||2021-02-15T04:33:56.000Z-14400/1s|r2|IFNET/2/"
     "linkDown_clear|l|CID=0x807a040a-alarmID=0x08520003|The "
     "interface status changes. (ifName=25GE1/0/41, AdminStatus=UP, OperStatus=UP)"},
    {"<188>Jan 20 2019 06:31:14.967 r3 "
     "%%01SOC/4/hwBaseArpVlanCarEnhanceTrap_clear(l):VS=Admin-VS-CID=0x80c4046e-"
     "alarmID=0x09e62006-clearType=service_resume;ARP VLAN CAR became ineffective on an interface.(Logical "
     "Interface "
     "= Eth-Trunk4, Pe-Vlan = 0)",
     "188|-||2019-01-20T06:31:14.967Z/1ms|r3|SOC/4/"
     "hwBaseArpVlanCarEnhanceTrap_clear|l|VS=Admin-VS-CID=0x80c4046e-"
     "alarmID=0x09e62006-clearType=service_resume|ARP VLAN CAR became ineffective on an interface.(Logical "
     "Interface "
     "= Eth-Trunk4, Pe-Vlan = 0)"},
    {"<164>Nov  5 2021 11:34:18+08:00 ME60-1 %%01BRASAM/4/hwAllocUserIPFailAlarm "
     "(t):VS=Admin-VS-CID=0x81d80420-OID="
     "1.3.6.1.4.1.2011.6.8.2.2.0.3;Fail to alloc IP address from domain. (DomainNo.=72,DomainName=vlan3260)",
     "164|-||2021-11-05T11:34:18.000Z+28800/1s|ME60-1|BRASAM/4/"
     "hwAllocUserIPFailAlarm|t|VS=Admin-VS-CID=0x81d80420-"
     "OID=1.3.6.1.4.1.2011.6.8.2.2.0.3|Fail to alloc IP address from domain. "
     "(DomainNo.=72,DomainName=vlan3260)"},
    {"<190>Oct 26 2023 10:00:05 fw "
     "%%01CONFIGURATION/6/hwCfgConfigChangeLog(t):CID=0x80cb000c-OID=1.3.6.1.4.1.2011.6."
     "10.2.17;The configuration changed. (Internal change =True, User name =-, Session ID =65535)",
     "190|-||2023-10-26T10:00:05.000Z/1s|fw|CONFIGURATION/6/"
     "hwCfgConfigChangeLog|t|CID=0x80cb000c-OID=1.3.6.1.4.1."
     "2011.6.10.2.17|The configuration changed. (Internal change =True, User name =-, Session ID =65535)"},
    {"<189>Oct 27 2023 02:46:11 fw %%01CLI/5/CMDRECORD(s):CID=0x80ca2713;Recorded command information. "
     "(Task=VTY1, "
     "RemoteIp=**, User=eca, AuthenticationMethod=\"None\", Command=\"system-view\", LocalIp=**.)",
     "189|-||2023-10-27T02:46:11.000Z/1s|fw|CLI/5/CMDRECORD|s|CID=0x80ca2713|Recorded command information. "
     "(Task=VTY1,"
     " RemoteIp=**, User=eca, AuthenticationMethod=\"None\", Command=\"system-view\", LocalIp=**.)"},
    {"Apr 23 2020 19:20:32 HUAWEI %%01STANDARD/6/linkup:CID=0x807a271c-OID=1.3.6.1.6.3.1.1.5.4;The interface "
     "status "
     "changes. (ifName=Ethernet1/0/1.125, AdminStatus=UP, OperStatus=UP, Reason=Interface physical link is "
     "Up.)",
     "-1|-||2020-04-23T19:20:32.000Z/1s|HUAWEI|STANDARD/6/"
     "linkup|-|CID=0x807a271c-OID=1.3.6.1.6.3.1.1.5.4|The "
     "interface status changes. (ifName=Ethernet1/0/1.125, AdminStatus=UP, OperStatus=UP, Reason=Interface "
     "physical "
     "link is Up.)"},
    {"Apr 23 2020 09:37:53 R27 %%01ISIS/4/ISIS_LDP_SYNC_EVENT(l):CID=0x808604c5;Interface LoopBack0 received "
     "LDP "
     "event UndoInterfaceIpv4Family, LDP synchronization state Init change to Init(IsisSysInstance=17).",
     "-1|-||2020-04-23T09:37:53.000Z/1s|R27|ISIS/4/ISIS_LDP_SYNC_EVENT|l|CID=0x808604c5|Interface LoopBack0 "
     "received "
     "LDP event UndoInterfaceIpv4Family, LDP synchronization state Init change to Init(IsisSysInstance=17)."},
    {"May 19 2026 09:33:32+08:00 ce "
     "%%01M-LAG/4/hwMlagPortDown_active(l):CID=0x81de0458-alarmID=0x0ae52007;M-LAG "
     "member interfaces are Down. (M-LAG ID=10, LocalIfname=Eth-Trunk10, …)",
     "-1|-||2026-05-19T09:33:32.000Z+28800/1s|ce|M-LAG/4/"
     "hwMlagPortDown_active|l|CID=0x81de0458-alarmID=0x0ae52007|"
     "M-LAG member interfaces are Down. (M-LAG ID=10, LocalIfname=Eth-Trunk10, …)"},
    {"Oct 9 2026 11:52:11+08:00 x %%01FWD/4/SYS_STAT_DROP_LOG(l):Service=hppd[10177]0;The forwarding engine "
     "detects "
     "packet loss. (Slot=0, CPU=0, Drop count=28298)",
     "-1|-||2026-10-09T11:52:11.000Z+28800/1s|x|FWD/4/SYS_STAT_DROP_LOG|l|Service=hppd[10177]0|The "
     "forwarding engine "
     "detects packet loss. (Slot=0, CPU=0, Drop count=28298)"},
    {"2011-08-18 18:08:56 HUAWEI %%01CLI/5/LOGIN(l):CID=2160731923;VTY0 login from 192.168.0.1 succeed.",
     "-1|-||2011-08-18T18:08:56.000Z/1s|HUAWEI|CLI/5/LOGIN|l|CID=2160731923|VTY0 login from 192.168.0.1 "
     "succeed."},
    {"<187>Sep 23 2026 10:15:32 sw %%01IFNET/4/LINK_STATE(l)[12]:The line protocol IP on the interface "
     "10GE1/0/24 has "
     "entered the DOWN state.",
     "187|-||2026-09-23T10:15:32.000Z/1s|sw|IFNET/4/LINK_STATE|l||The line protocol IP on the interface "
     "10GE1/0/24 has "
     "entered the DOWN state."},
    {"Jan 24 2023 00:39:53-08:00 Huawei %%01IFPDT/4/IF_STATE(l)[0]:Interface GigabitEthernet0/0/0 has turned "
     "into UP "
     "state.",
     "-1|-||2023-01-24T00:39:53.000Z-28800/1s|Huawei|IFPDT/4/IF_STATE|l||Interface GigabitEthernet0/0/0 has "
     "turned "
     "into UP state."},
    {"May 5 22:30:19 172.18.19.19 2015-5-5 14:30:17 sw %%01IFPDT/4/IF_STATE(l)[326]:Interface "
     "GigabitEthernet0/0/8 "
     "has turned into DOWN state.",
     "-1|2026-05-05T22:30:19.000Z/1s|172.18.19.19|2015-05-05T14:30:17.000Z/1s|sw|IFPDT/4/"
     "IF_STATE|l||Interface "
     "GigabitEthernet0/0/8 has turned into DOWN state."},
    {"Jun 11 2019 07:41:21 HUAWEI %%01OPS/5/OPS_LOGIN(s):CID=0x80b40431;Succeeded in establishing the OPS "
     "connection."
     "(ServiceType=embedding-script, UserName=_SYSTEM_, Ip=0.0.0.0, VpnName=_public_)",
     "-1|-||2019-06-11T07:41:21.000Z/1s|HUAWEI|OPS/5/OPS_LOGIN|s|CID=0x80b40431|Succeeded in establishing "
     "the OPS "
     "connection.(ServiceType=embedding-script, UserName=_SYSTEM_, Ip=0.0.0.0, VpnName=_public_)"},
    {"2018-7-19 11:58:03.150.1 sw %%01LLDP/4/BAD_PACKET(l)[87319]:4 invalid packets were received after "
     "latest "
     "notification. …",
     "-1|-||2018-07-19T11:58:03.150Z/1ms|sw|LLDP/4/BAD_PACKET|l||4 invalid packets were received after "
     "latest "
     "notification. …"},
    {"#47/active/linkDown/Major/occurredTime:2024-11-26 14:05:54/-/-/alarmID:0x08520003/CID=0x807a0404:The "
     "interface "
     "status changes. (ifName=GE1/0/1, …)",
     "no-tag@0"},
};

#define T                                   "%%01A/4/B(l):CID=1;x"
#define OUT(relay, relay_host, stamp, host) "-1|" relay "|" relay_host "|" stamp "|" host "|A/4/B|l|CID=1|x"
#define PRI(pri, relay, relay_host, stamp, host)                                                             \
    pri "|" relay "|" relay_host "|" stamp "|" host "|A/4/B|l|CID=1|x"
#define S "2026-08-08T18:07:30.000Z"

static const struct row stamps[] = {
    {"Aug  8 2026 18:07:30 PE-A " T, OUT("-", "", S "/1s", "PE-A")},
    {"Aug 8 2026 18:07:30 PE-A " T, OUT("-", "", S "/1s", "PE-A")},
    {"Aug 08 2026 18:07:30 PE-A " T, OUT("-", "", S "/1s", "PE-A")},
    {"aug  8 2026 18:07:30   PE-A   " T, OUT("-", "", S "/1s", "PE-A")},
    {"Aug  8 18:07:30 PE-A " T, OUT("-", "", S "/1s", "PE-A")},
    {"Dec 31 18:07:30 PE-A " T, OUT("-", "", "2026-12-31T18:07:30.000Z/1s", "PE-A")},
    {"Feb  8 18:07:30 PE-A " T, OUT("-", "", "2026-02-08T18:07:30.000Z/1s", "PE-A")},
    {"Feb 29 18:07:30 PE-A " T, OUT("-", "", "-", "PE-A")},
    {"2026-08-08 18:07:30 PE-A " T, OUT("-", "", S "/1s", "PE-A")},
    {"2026-8-8 18:07:30 PE-A " T, OUT("-", "", S "/1s", "PE-A")},
    {"2026-08-08T18:07:30Z PE-A " T, OUT("-", "", S "+0/1s", "PE-A")},
    {"2026-08-08T18:07:30.5+08:00 PE-A " T, OUT("-", "", "2026-08-08T18:07:30.500Z+28800/100ms", "PE-A")},
    {"2026-08-08T18:07:30.123456-03:30 PE-A " T, OUT("-", "", "2026-08-08T18:07:30.123Z-12600/1us", "PE-A")},
    {"2026-08-08T18:07:30.123456789123Z PE-A " T, OUT("-", "", "2026-08-08T18:07:30.123Z+0/1ns", "PE-A")},
    {"Aug  8 2026 18:07:30.9 PE-A " T, OUT("-", "", "2026-08-08T18:07:30.900Z/100ms", "PE-A")},
    {"Aug  8 2026 18:07:30.97 PE-A " T, OUT("-", "", "2026-08-08T18:07:30.970Z/10ms", "PE-A")},
    {"Aug  8 2026 18:07:30.967 PE-A " T, OUT("-", "", "2026-08-08T18:07:30.967Z/1ms", "PE-A")},
    {"Aug  8 2026 18:07:30.150.12+08:00 PE-A " T, OUT("-", "", "2026-08-08T18:07:30.150Z+28800/1ms", "PE-A")},
    {"Aug  8 2026 18:07:30+08:00 DST PE-A " T, OUT("-", "", S "+28800/1s", "PE-A")},
    {"Aug  8 2026 18:07:30+08:00 DSTX " T, OUT("-", "", S "+28800/1s", "DSTX")},
    {"Aug  8 2026 18:07:30 -04:00 PE-A " T, OUT("-", "", S "-14400/1s", "PE-A")},
    {"Aug  8 2026 18:07:30+0530 PE-A " T, OUT("-", "", S "+19800/1s", "PE-A")},
    {"Aug  8 2026 18:07:30: PE-A: " T, OUT("-", "", S "/1s", "PE-A")},
    {"123456.7890123 PE-A " T, OUT("-", "", "-", "PE-A")},
    {"PE-A " T, OUT("-", "", "-", "PE-A")},
    {T, OUT("-", "", "-", "")},
    {"Aug  8 2026 18:07:30 " T, OUT("-", "", S "/1s", "")},
    {"Dec 31 2016 23:59:60 PE-A " T, OUT("-", "", "2017-01-01T00:00:00.000Z/1s", "PE-A")},
    {"Feb 29 2024 00:00:00 PE-A " T, OUT("-", "", "2024-02-29T00:00:00.000Z/1s", "PE-A")},
    {"Feb 29 2100 00:00:00 PE-A " T, OUT("-", "", "-", "PE-A")},
    {"Feb 30 2026 18:07:30 PE-A " T, OUT("-", "", "-", "PE-A")},
    {"Apr 31 2026 18:07:30 PE-A " T, OUT("-", "", "-", "PE-A")},
    {"Aug  0 2026 18:07:30 PE-A " T, OUT("-", "", "-", "PE-A")},
    {"Aug  8 2026 24:07:30 PE-A " T, OUT("-", "", "-", "PE-A")},
    {"Aug  8 2026 18:60:30 PE-A " T, OUT("-", "", "-", "PE-A")},
    {"Aug  8 2026 18:07:61 PE-A " T, OUT("-", "", "-", "PE-A")},
    {"Aug  8 2026 18:07:30+19:00 PE-A " T, OUT("-", "", "-", "PE-A")},
    {"Aug  8 1969 18:07:30 PE-A " T, OUT("-", "", "-", "PE-A")},
    {"Aug  8 2200 18:07:30 PE-A " T, OUT("-", "", "-", "PE-A")},
    {"2026-13-08 18:07:30 PE-A " T, OUT("-", "", "-", "PE-A")},
    {"2026-00-08 18:07:30 PE-A " T, OUT("-", "", "-", "PE-A")},
};

#define R "2026-08-08T18:08:00.000Z"

#define CUT(tag, out)                                                                                        \
    {                                                                                                        \
        "<188>Aug  8 18:07:30 PE-A " tag, "188|-||" S "/1s|PE-A|" out                                        \
    }

/* As rsyslog forwards: 32 bytes of a tag, then a blank. */
static const struct row cut_tags[] = {
    CUT("%%01ETRUNK/4/ETRUNK_MEMBER_STATU CID=0x80d8271b;The x",
        "ETRUNK/4/ETRUNK_MEMBER_STATU…|-|CID=0x80d8271b|The x"),
    CUT("%%01ETRUNK/4/ETRUNK_STATUS_CHANG CID=1;x", "ETRUNK/4/ETRUNK_STATUS_CHANG…|-|CID=1|x"),
    CUT("%%01ABCDEF/4/ABCDEFGHIJKLMNOPQRS CID=1;x", "ABCDEF/4/ABCDEFGHIJKLMNOPQRS…|-|CID=1|x"),
    CUT("%%01ABCDEF/4/ABCDEFGHIJKLMNOPQR( CID=1;x", "ABCDEF/4/ABCDEFGHIJKLMNOPQR|-|CID=1|x"),
    CUT("%%01ABCDEF/4/ABCDEFGHIJKLMNOPQ(l CID=1;x", "ABCDEF/4/ABCDEFGHIJKLMNOPQ|-|CID=1|x"),
    CUT("%%01ABCDEF/4/ABCDEFGHIJKLMNOP(l) CID=1;x", "ABCDEF/4/ABCDEFGHIJKLMNOP|l|CID=1|x"),
    CUT("%%01ABCDEF/4/ABCDEFGHIJKLMNO(l): CID=1;x", "ABCDEF/4/ABCDEFGHIJKLMNO|l|CID=1|x"),
    CUT("%%01ABCDEF/4/ABCDEFGHIJKLMNOPQRS (t):CID=1;x", "ABCDEF/4/ABCDEFGHIJKLMNOPQRS|t|CID=1|x"),
    {"<188>Aug  8 18:07:30 PE-A %%01ABCDEF/4/ABCDEFGHIJKLMNOPQR CID=1;x", "bad-tag@57"},
    {"<188>Aug  8 18:07:30 PE-A %%01ABCDEF/4/ABCDEFGHIJKLMNOPQRST CID=1;x", "bad-tag@59"},
    {"<188>Aug  8 18:07:30 PE-A %%01ABCDEF/4/ABCDEFGHIJKLMNOPQRS", "bad-tag@58"},
};

/* What rsyslog and syslog-ng make of headers that they do not know. */
static const struct row torn[] = {
    {"<186>Aug  8 18:08:00 Aug  8 2026 18:07:30+08:00 PE-A " T,
     PRI("186", R "/1s", "", S "+28800/1s", "PE-A")},
    {"<186>Aug  8 18:08:00 127.0.1.1  1 2026-08-08T18:07:30Z PE-A - - - - " T,
     PRI("186", R "/1s", "127.0.1.1", S "+0/1s", "")},
    {"<186>Aug  8 18:08:00 2026-08-08 18: 07:30 PE-A " T, PRI("186", "-", "2026-08-08", R "/1s", "PE-A")},
    {"<186>1 2026-08-08T18:08:00+00:00 192.0.2.1 Aug - - - 8 2026 18:07:30.967 PE-A " T,
     PRI("186", R "+0/1s", "192.0.2.1", "2026-08-08T18:07:30.967Z/1ms", "PE-A")},
    {"<186>1 2026-08-08T18:08:00+00:00 192.0.2.1 Aug - - - 18 2026 18:07:30+08:00 PE-A " T,
     PRI("186", R "+0/1s", "192.0.2.1", "2026-08-18T18:07:30.000Z+28800/1s", "PE-A")},
    {"<186>1 2026-08-08T18:08:00+00:00 192.0.2.1 1 - - - 2026-08-08T18:07:30Z PE-A - - - - " T,
     PRI("186", R "+0/1s", "192.0.2.1", S "+0/1s", "")},
};

static const struct row relays[] = {
    {"Aug  8 18:08:00 192.0.2.1 Aug  8 2026 18:07:30 PE-A " T, OUT(R "/1s", "192.0.2.1", S "/1s", "PE-A")},
    {"Aug  8 18:08:00 192.0.2.1 Aug  8 2026 18:07:30 " T, OUT(R "/1s", "192.0.2.1", S "/1s", "")},
    {"2026-08-08T18:08:00.000+00:00 192.0.2.1 Aug  8 2026 18:07:30 PE-A " T,
     OUT(R "+0/1ms", "192.0.2.1", S "/1s", "PE-A")},
    {"<134>1 2026-08-08T18:08:00Z relay app - - - Aug  8 2026 18:07:30 PE-A " T,
     PRI("134", R "+0/1s", "relay", S "/1s", "PE-A")},
    {"<134>1 2026-08-08T18:08:00Z - app - - [a b=\"]\\\" x\"][c] \xEF\xBB\xBF"
     "Aug  8 2026 18:07:30 PE-A " T,
     PRI("134", R "+0/1s", "", S "/1s", "PE-A")},
    {"<134>1 - relay app - - - Aug  8 2026 18:07:30 PE-A " T, PRI("134", "-", "relay", S "/1s", "PE-A")},
    {"<134>1 2026-08-08T18:07:30Z relay app - - - PE-A " T, PRI("134", "-", "relay", S "+0/1s", "PE-A")},
    {"<134> 1 2026-08-08T18:07:30Z 2.0.0.1 - - NAT444userbased - " T,
     PRI("134", "-", "", S "+0/1s", "2.0.0.1")},
    {"<134>1 2026-08-08T18:07:30Z PE-A - - - [x y=\"1\"] " T, PRI("134", "-", "", S "+0/1s", "PE-A")},
    {"<7>Aug  8 2026 18:07:30 PE-A " T, PRI("7", "-", "", S "/1s", "PE-A")},
    {"<044>Aug  8 2026 18:07:30 PE-A " T, PRI("44", "-", "", S "/1s", "PE-A")},
    {"<192>Aug  8 2026 18:07:30 PE-A " T, PRI("-1", "-", "", S "/1s", "PE-A")},
    {"<188>1 2026-08-08T18:07:30Z PE-A %%01A/4/B(l) - - - CID=1;x", PRI("188", "-", "", S "+0/1s", "PE-A")},
    {"<188>1 2026-08-08T18:07:30Z PE-A %%01A/4/B(l): - - - CID=1;x", PRI("188", "-", "", S "+0/1s", "PE-A")},
    {"<188>1 2026-08-08T18:07:30Z PE-A %%01A/4/B(l) 12 ID - \xEF\xBB\xBF"
     "CID=1;x",
     PRI("188", "-", "", S "+0/1s", "PE-A")},
    {"<188>1 2026-08-08T18:07:30Z PE-A %%01A/4/B(l) - - [o k=\"a ] b\"][p] CID=1;x",
     PRI("188", "-", "", S "+0/1s", "PE-A")},
    {"2026-11-22T06:20:03.123456+00:00 Nov 22 2026 14:20:01+08:00 NE40E-A " T,
     OUT("2026-11-22T06:20:03.123Z+0/1us", "", "2026-11-22T14:20:01.000Z+28800/1s", "NE40E-A")},
    {"2026-11-22T06:20:03.123456+00:00 Nov 22: 2026 14:20:01+08:00 NE40E-A " T,
     OUT("2026-11-22T06:20:03.123Z+0/1us", "", "2026-11-22T14:20:01.000Z+28800/1s", "NE40E-A")},
    {"<188>1 2026-11-22T06:20:03Z Nov 22 - - - 2026 14:20:01+08:00 NE40E-A " T,
     PRI("188", "2026-11-22T06:20:03.000Z+0/1s", "", "2026-11-22T14:20:01.000Z+28800/1s", "NE40E-A")},
    {"<188>1 2026-08-08T18:08:00Z Aug - - - -  8 2026 18:07:30+08:00 NE40E-A " T,
     PRI("188", R "+0/1s", "", S "+28800/1s", "NE40E-A")},
    {"Nov 22 06:20:03 192.0.2.1 Nov 22 2026 14:20:01+08:00 NE40E-A " T,
     OUT("2026-11-22T06:20:03.000Z/1s", "192.0.2.1", "2026-11-22T14:20:01.000Z+28800/1s", "NE40E-A")},
    {"Aug  8 18:08:00 Aug  8 2026 18:07:30 PE-A " T, OUT(R "/1s", "", S "/1s", "PE-A")},
    {"2026-08-08T18:07:30+00:00 PE-A " T, OUT("-", "", S "+0/1s", "PE-A")},
    {"2026-08-08T18:07:30+00:00 192.0.2.1 PE-A " T, OUT("-", "192.0.2.1", S "+0/1s", "PE-A")},
    {"192.0.2.1 Aug  8 2026 18:07:30 PE-A " T, OUT("-", "192.0.2.1", S "/1s", "PE-A")},
    {"Aug  8 18:08:00 192.0.2.1: Aug  8 2026 18:07:30 PE-A: " T, OUT(R "/1s", "192.0.2.1", S "/1s", "PE-A")},
    {"Aug  8 18:08:00 central Aug  8 18:07:59 192.0.2.1 Aug  8 2026 18:07:30 PE-A " T,
     OUT(R "/1s", "central", S "/1s", "PE-A")},
    {"<13>Aug  8 18:08:00 192.0.2.1 <188>Aug  8 2026 18:07:30 PE-A " T,
     PRI("188", R "/1s", "192.0.2.1", S "/1s", "PE-A")},
    {"Aug  8 18:08:00 192.0.2.1 123456.789 PE-A " T, OUT(R "/1s", "192.0.2.1", "-", "PE-A")},
    {"Aug  8 18:08:00 192.0.2.1 Feb 30 2026 18:07:30 PE-A " T, OUT(R "/1s", "192.0.2.1", "-", "PE-A")},
};

#define H                             "Aug  8 2026 18:07:30 PE-A "
#define BODY(tag, type, fields, text) "-1|-||" S "/1s|PE-A|" tag "|" type "|" fields "|" text

static const struct row bodies[] = {
    {H "%%10A/4/B:x", BODY("A/4/B", "-", "", "x")},
    {H "%%01A/4/B(L):x", BODY("A/4/B", "l", "", "x")},
    {H "%%01A/4/B(x):x", BODY("A/4/B", "-", "", "x")},
    {H "%%01A/4/B(l)(x):x", BODY("A/4/B", "l", "", "x")},
    {H "%%01A/4/B(l)::x", BODY("A/4/B", "l", "", ":x")},
    {H "%%01A/4/B(l):", BODY("A/4/B", "l", "", "")},
    {H "%%01A/4/B(l):A=1;B=2;x", BODY("A/4/B", "l", "A=1", "B=2;x")},
    {H "%%01A/4/B (T):x", BODY("A/4/B", "t", "", "x")},
    {H "%%01A/4/B(d)[Slot=1/1]:x", BODY("A/4/B", "d", "", "x")},
    {H "%%01A/4/B[12](l):x", BODY("A/4/B", "l", "", "x")},
    {H "%%01A/4/B(q):x", BODY("A/4/B", "-", "", "x")},
    {H "%%01A/4/B(l):", BODY("A/4/B", "l", "", "")},
    {H "%%01A/4/B(l):CID=1;", BODY("A/4/B", "l", "CID=1", "")},
    {H "%%01A/4/B(l):CID=1", BODY("A/4/B", "l", "", "CID=1")},
    {H "%%01A/4/B(l): CID=1;  text \r\n", BODY("A/4/B", "l", "CID=1", "text")},
    {H "%%01A/4/B(l):VS=Admin-VS-CID=0x80d8271b;t", BODY("A/4/B", "l", "VS=Admin-VS-CID=0x80d8271b", "t")},
    {H "%%01A/4/B(l):The link; is (a=1;b)", BODY("A/4/B", "l", "", "The link; is (a=1;b)")},
    {H "%%01A/4/B(l):State=down, x=1; y", BODY("A/4/B", "l", "", "State=down, x=1; y")},
    {H "%%01A/4/B(l):Reason=link down;x", BODY("A/4/B", "l", "", "Reason=link down;x")},
    {H "%%01A/4/B(l):Command=\"a;b\"", BODY("A/4/B", "l", "", "Command=\"a;b\"")},
    {H "%%01A/4/B(l):down;up", BODY("A/4/B", "l", "", "down;up")},
    {H "%%01A/4/B(l):say %%01C/5/D(l):CID=2;y", BODY("A/4/B", "l", "", "say %%01C/5/D(l):CID=2;y")},
    {"\xEF\xBB\xBF" H "%%01A/4/B(l):x\n", BODY("A/4/B", "l", "", "x")},
    {"   " H "%%01A/4/B(l):x", BODY("A/4/B", "l", "", "x")},
    {"\tAug  8 2026 18:07:30\tPE-A\t%%01A/4/B(l):x", BODY("A/4/B", "l", "", "x")},
    {"100% Aug  8 2026 18:07:30 PE-A %%01A/4/B(l):x", "-1|-|100%|" S "/1s|PE-A|A/4/B|l||x"},
    {"<0>" H "%%01A/4/B:x", "0|-||" S "/1s|PE-A|A/4/B|-||x"},
    {"<191>" H "%%01A/4/B:x", "191|-||" S "/1s|PE-A|A/4/B|-||x"},
    {"<192>" H "%%01A/4/B:x", BODY("A/4/B", "-", "", "x")},
    {"<1888>" H "%%01A/4/B:x", "-1|-|<1888>Aug|-|PE-A|A/4/B|-||x"},
    {"", "empty@0"},
    {" \r\n\t ", "empty@0"},
    {"\xEF\xBB\xBF\r\n", "empty@0"},
    {"hello", "no-tag@0"},
    {"100%% sure", "no-tag@0"},
    {"x %%0x1A/4/B:x", "no-tag@0"},
    {"x %%", "bad-tag@4"},
    {"x %%0", "bad-tag@5"},
    {"x %%01", "bad-tag@6"},
    {"x %%01/4/B:x", "bad-tag@6"},
    {"x %%01A", "bad-tag@7"},
    {"x %%01A/", "bad-tag@7"},
    {"x %%01A/4", "bad-tag@7"},
    {"x %%01A/4/", "bad-tag@10"},
    {"x %%01A/8/B:x", "bad-tag@7"},
    {"x %%01A/44/B:x", "bad-tag@7"},
    {"x %%01A B/4/B:x", "bad-tag@7"},
    {"x %%01A/4/:x", "bad-tag@10"},
    {"x %%01A/4/B", "bad-tag@11"},
    {"x %%01A/4/B(l)", "bad-tag@14"},
    {"x %%01A/4/B(l)[12", "bad-tag@14"},
    {"x %%01A/4/B(l) text", "bad-tag@14"},
    {"x %%01A/4/B(l) - - text", "bad-tag@14"},
    {"x %%01A/4/B(l) - - [x", "bad-tag@14"},
    {"x %%01A\x01/4/B:x", "binary@7"},
    {"x\x02 %%01A/4/B:x", "binary@1"},
    {"\x7f %%01A/4/B:x", "binary@0"},
};

static void run(const struct row *rows, size_t n)
{
    for (size_t i = 0; i < n; i++)
        expect(rows[i].input, rows[i].want);
}
#define RUN(table) run(table, sizeof(table) / sizeof *(table))

static void test_samples(void **state)
{
    (void)state;
    assert_int_equal(sizeof samples / sizeof *samples, 18);
    RUN(samples);
}

static void test_stamps(void **state)
{
    (void)state;
    RUN(stamps);
}

static void test_relays(void **state)
{
    (void)state;
    RUN(relays);
    RUN(cut_tags);
    RUN(torn);
}

static void test_bodies(void **state)
{
    (void)state;
    RUN(bodies);
}

static void test_bytes_with_nul(void **state)
{
    (void)state;
    struct tw_log log;
    size_t offset;
    static const char closed[] = H "%%01A/4/B(l):x\r\n\0\0";
    assert_int_equal(tw_log_decode(tw_str_of(closed, sizeof closed), 0, NEAR, &log, &offset), TW_LOG_OK);
    assert_true(tw_str_eq(log.text, TW_STR("x")));
    static const char header[] = "PE\0A %%01A/4/B(l):x", tag[] = "x %%01A/4/B\0(l):x";
    assert_int_equal(tw_log_decode(tw_str_of(header, sizeof header), 0, NEAR, &log, &offset), TW_LOG_BINARY);
    assert_int_equal(offset, 2);
    assert_int_equal(tw_log_decode(tw_str_of(tag, sizeof tag), 0, NEAR, &log, &offset), TW_LOG_BINARY);
    assert_int_equal(offset, 11);
    assert_int_equal(tw_log_decode(tw_str_of("\0\0", 2), 0, NEAR, &log, &offset), TW_LOG_EMPTY);
    assert_int_equal(tw_log_decode(tw_str_of(NULL, 0), 0, NEAR, &log, &offset), TW_LOG_EMPTY);
}

static void test_years(void **state)
{
    (void)state;
    static const struct {
        const char *stamp;
        int year;
        const char *near, *want;
    } rows[] = {
        {"Dec 31 23:59:59", 0, "2027-01-01T00:00:10", "2026-12-31T23:59:59.000Z"},
        {"Jan  1 00:00:05", 0, "2026-12-31T23:59:58", "2027-01-01T00:00:05.000Z"},
        {"Feb 29 12:00:00", 0, "2024-03-02T00:00:00", "2024-02-29T12:00:00.000Z"},
        {"Feb 29 12:00:00", 0, "2025-01-02T00:00:00", "2024-02-29T12:00:00.000Z"},
        {"Feb 29 12:00:00", 0, "2026-03-02T00:00:00", "-"},
        {"Feb 29 12:00:00", 2024, "2026-03-02T00:00:00", "2024-02-29T12:00:00.000Z"},
        {"Feb 29 12:00:00", 2023, "2024-03-02T00:00:00", "-"},
        {"Aug  8 12:00:00", 2011, "2026-03-02T00:00:00", "2011-08-08T12:00:00.000Z"},
        {"Aug  8 12:00:00", 2500, "2026-03-02T00:00:00", "-"},
        {"Aug  8 12:00:00", 0, NULL, "-"},
        {"Aug  8 2012 12:00:00", 2011, NULL, "2012-08-08T12:00:00.000Z"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char line[128], text[TW_TIME_TEXT];
        struct tw_log log;
        size_t offset;
        tw_time near = TW_TIME_MIN;
        if (rows[i].near != NULL) {
            (void)snprintf(line, sizeof line, "%s x %s", rows[i].near, T);
            assert_int_equal(tw_log_decode(tw_str_z(line), 0, near, &log, &offset), TW_LOG_OK);
            near = log.stamp.civil;
        }
        (void)snprintf(line, sizeof line, "%s PE-A %s", rows[i].stamp, T);
        assert_int_equal(tw_log_decode(tw_str_z(line), rows[i].year, near, &log, &offset), TW_LOG_OK);
        assert_string_equal(log.stamp.present ? tw_time_text(log.stamp.civil, text) : "-", rows[i].want);
        assert_true(tw_str_eq(log.host, TW_STR("PE-A")));
    }
}

static void test_stamp_time(void **state)
{
    (void)state;
    struct tw_stamp s = {NEAR, TW_SECONDS(1), 28800, true, true};
    assert_int_equal(tw_stamp_time(&s, false).ns, NEAR.ns - TW_SECONDS(28800).ns);
    assert_int_equal(tw_stamp_time(&s, true).ns, NEAR.ns);
    s.offset_s = -14400;
    assert_int_equal(tw_stamp_time(&s, false).ns, NEAR.ns + TW_SECONDS(14400).ns);
    s.has_offset = false;
    assert_int_equal(tw_stamp_time(&s, false).ns, NEAR.ns);
    s.present = false;
    assert_int_equal(tw_stamp_time(&s, false).ns, INT64_MIN);
}

static void test_cut(void **state)
{
    (void)state;
    static char big[TW_LOG_MAX + 100];
    memset(big, 'x', sizeof big);
    static const char start[] = H "%%01A/4/B(l):CID=1;";
    memcpy(big, start, sizeof start - 1);
    struct tw_log log;
    size_t offset;
    assert_int_equal(tw_log_decode(tw_str_of(big, TW_LOG_MAX), 0, NEAR, &log, &offset), TW_LOG_OK);
    assert_int_equal(offset, 0);
    assert_int_equal(tw_log_decode(tw_str_of(big, sizeof big), 0, NEAR, &log, &offset), TW_LOG_OK);
    assert_int_equal(offset, TW_LOG_MAX);
    assert_int_equal(log.text.n, TW_LOG_MAX - (sizeof start - 1));
}

/* Every beginning of every sample: whatever it gives, its slices stay inside the bytes. */
static bool inside(struct tw_str s, const char *from, size_t n)
{
    return s.n == 0 || (s.p >= from && s.p + s.n <= from + n);
}

static void test_truncations(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof samples / sizeof *samples; i++) {
        size_t whole = strlen(samples[i].input);
        for (size_t n = 0; n <= whole; n++) {
            char *copy = malloc(n ? n : 1);
            assert_non_null(copy);
            memcpy(copy, samples[i].input, n);
            struct tw_log log;
            size_t offset;
            enum tw_log_fault fault = tw_log_decode(tw_str_of(copy, n), 0, NEAR, &log, &offset);
            assert_true(fault == TW_LOG_OK ? offset == 0 : offset <= n);
            assert_true(inside(log.host, copy, n) && inside(log.relay_host, copy, n) &&
                        inside(log.text, copy, n));
            assert_true(inside(log.fields, copy, n) && inside(log.brief, copy, n) &&
                        inside(log.module, copy, n));
            free(copy);
        }
    }
}

static void test_fault_names(void **state)
{
    (void)state;
    assert_string_equal(tw_log_fault_name(TW_LOG_OK), "ok");
    assert_string_equal(tw_log_fault_name(TW_LOG_BAD_TAG), "bad-tag");
    assert_string_equal(tw_log_fault_name(TW_LOG_FAULTS), "unknown");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_samples),        cmocka_unit_test(test_stamps),
        cmocka_unit_test(test_relays),         cmocka_unit_test(test_bodies),
        cmocka_unit_test(test_years),          cmocka_unit_test(test_stamp_time),
        cmocka_unit_test(test_bytes_with_nul), cmocka_unit_test(test_cut),
        cmocka_unit_test(test_truncations),    cmocka_unit_test(test_fault_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
