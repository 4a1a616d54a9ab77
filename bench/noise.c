/* SPDX-License-Identifier: ISC */
/*
 * What the lines say. The texts of noise are ours, in the form and length of the routers' own.
 *
 * In a template: $d number, $s small number, $b byte, $i IPv4 address, $p port, $e sub-interface, $t
 * Eth-Trunk, $x 8 hex digits, $m MAC address, $v VLAN, $w a word, $u up or down.
 */
#include "mix.h"

#include <string.h>

enum { CORE_ROUTERS = 40 };

static const char *const vrp[] = {
    "ARP/4/ARP_DUPLICATE_IPADDR(l):CID=0x$x;A duplicate IP address was received. (ReceiveInterface=$e, "
    "IpAddress=$i, "
    "InnerVlan=0, OuterVlan=$v, MacAddress=$m)",
    "ARP/4/hwEthernetARPSpeedLimitALarm_active(l):CID=0x$x-alarmID=0x08e00001;ARP messages above the speed "
    "limit. "
    "(SuppressType=3, SuppressValue=$d, Interface=$p, SourceIp=$i, DestIp=$i)",
    "ARP/6/ARP_MACMOVE(l):CID=0x$x;The outbound interface of an ARP entry changed. (IpAddress=$i, Mac=$m, "
    "OldInterface=$e, NewInterface=$e)",
    "BFD/4/hwBfdSessDown(l):CID=0x$x;Session changes to DOWN. (Index=$d, ConfigurationName=$w$s, PeerIp=$i, "
    "BindIfIndex=$d, BindIfName=$p, Diagnosis=1, BindVrfIndex=0, BindVrfName=_public_, SessionState=1)",
    "BFD/4/hwBfdSessUp(l):CID=0x$x;Session changes to UP. (Index=$d, ConfigurationName=$w$s, PeerIp=$i, "
    "BindIfIndex=$d, BindIfName=$p, Diagnosis=0, BindVrfIndex=0, BindVrfName=_public_, SessionState=3)",
    "BFD/5/BFD_TABLE_WALK(l):CID=0x$x;The session table was walked. (Sessions=$d, Changed=$s)",
    "BGP/3/hwBgpPeerRouteNumThresholdExceed_active(l):CID=0x$x-alarmID=0x08790007;The number of prefixes "
    "from the peer "
    "exceeds the threshold. (InstanceId=0, Afi=1, Safi=1, PeerType=1, PeerAddr=$i, VpnInstance=_public_)",
    "BGP/4/bgpBackwardTransition_active(l):CID=0x$x-alarmID=0x08790001;The BGP FSM moves from a higher "
    "numbered state "
    "to a lower numbered state. (Peer=$i, LastError=$s, State=1, VpnInstance=$w)",
    "BGP/4/bgpEstablished_clear(l):CID=0x$x-alarmID=0x08790001-clearType=service_resume;The BGP FSM enters "
    "the "
    "Established state. (Peer=$i, LastError=0, State=6, VpnInstance=$w)",
    "BGP/6/STATE_CHG_UPDOWN(l):CID=0x$x;The status of the peer $i changed to Established. "
    "(InstanceName=Public, "
    "StateChangeReason=$s)",
    "OSPF/4/ospfNbrStateChange(l):CID=0x$x;The status of the non-virtual neighbor has changed. "
    "(OspfNbrIpAddr=$i, "
    "OspfNbrAddressLessIndex=0, OspfNbrRtrId=$i, OspfNbrState=$s, OspfRouterId=$i)",
    "OSPF/3/OSPF_NBR_DOWN_REASON(l):CID=0x$x;Neighbor state leaves full or changed to Down. (ProcessId=$s, "
    "NeighborRouterId=$i, NeighborAreaId=0, NeighborInterface=$p, NeighborDownImmediateReason=1)",
    "OSPF/6/NBR_CHANGE_E(l):CID=0x$x;Neighbor changes event: neighbor status changed. (ProcessId=$s, "
    "NeighborAddress=$i, NeighborEvent=2, NeighborPreviousState=3, NeighborCurrentState=4)",
    "ISIS/4/ISIS_ADJACENCY_CHANGE_active(l):CID=0x$x-alarmID=0x08960007;The state of an adjacency changed. "
    "(IsisSysInstance=$s, IsisSysLevel=2, CircuitIndex=$d, CircuitIfName=$p, LspID=00e0.fc$b.00$s, "
    "AdjState=1)",
    "ISIS/4/ISIS_LDP_SYNC_EVENT(l):CID=0x$x;Interface $p received LDP event UndoInterfaceIpv4Family, LDP "
    "synchronization state Init change to Init(IsisSysInstance=$s).",
    "ISIS/6/ADJ_STATE_LEVEL(l):CID=0x$x;ISIS neighbor changed. (IsisProcessId=$s, Neighbor=00e0.fc$b.00$s, "
    "InterfaceName=$p, CurrentState=$u, ChangeType=NEW_L2_ADJ, Level=Level-2)",
    "LLDP/4/lldpRemTablesChange(l):CID=0x$x;Neighbor information is changed. (LldpStatsRemTablesInserts=$d, "
    "LldpStatsRemTablesDeletes=$d, LldpStatsRemTablesDrops=0, LldpStatsRemTablesAgeouts=$s)",
    "LLDP/4/BAD_PACKET(l):CID=0x$x;$s invalid packets were received after latest notification.",
    "SSH/5/SSH_USER_LOGIN(s):CID=0x$x;The SSH user succeeded in logging in. (ServiceType=stelnet, "
    "UserName=$w, "
    "UserAddress=$i, LocalAddress=$i, VPNInstanceName=_public_)",
    "SSH/4/SSH_FAIL(s):CID=0x$x;Failed to log in through SSH. (Ip=$i, UserName=$w, Times=$s, "
    "FailedReason=User public "
    "key authentication failed)",
    "SSH/6/SSH_USER_LOGOFF(s):CID=0x$x;The SSH user logged out. (ServiceType=stelnet, LogoutReason=The user "
    "requested, "
    "UserName=$w, UserAddress=$i, LocalAddress=$i)",
    "CLI/5/CMDRECORD(s):CID=0x$x;Recorded command information. (Task=VTY$s, RemoteIp=$i, VpnName=_public_, "
    "User=$w, "
    "AuthenticationMethod=\"Password\", Command=\"display interface $e\", LocalIp=$i.)",
    "CLI/5/CMDRECORD(s):CID=0x$x;Recorded command information. (Task=VTY$s, RemoteIp=$i, VpnName=_public_, "
    "User=$w, "
    "AuthenticationMethod=\"Password\", Command=\"display e-trunk $s\", LocalIp=$i.)",
    "CLI/5/LOGIN(l):CID=0x$x;VTY$s login from $i succeed.",
    "CONFIGURATION/6/hwCfgConfigChangeLog(l):CID=0x$x-OID=1.3.6.1.4.1.2011.6.10.2.17;The configuration "
    "changed. "
    "(Internal change =False, User name =$w, Session ID =$d, Command source address =$i, Storage type "
    "=running, "
    "Terminal type =vty)",
    "CONFIGURATION/6/CFG_CHANGE(l):CID=0x$x;Configuration changed. (EventIndex=$d, CommandSource=1, "
    "ConfigSource=3, "
    "ConfigDestination=2)",
    "FWD/4/SYS_STAT_DROP_LOG(l):CID=0x$x;The forwarding engine detects packet loss. (Slot=$s, CPU=0, Drop "
    "reason=TTL "
    "exceed packets discarded, Drop count=$d)",
    "FWD/4/FWD_FLOW_QUEUE_DISCARD(l):CID=0x$x;Packets of a queue were discarded. (Interface=$e, Queue=ef, "
    "Discarded=$d, "
    "Passed=$d)",
    "SOC/4/hwBaseArpVlanCarEnhanceTrap_active(l):VS=Admin-VS-CID=0x$x-alarmID=0x09e62006;ARP VLAN CAR became "
    "effective "
    "on an interface.(Logical Interface = $t, Physical Interface = $p, Pe-Vlan = $v, Ce-Vlan = 0, Sample "
    "Rate = $d)",
    "SOC/4/"
    "hwBaseArpVlanCarEnhanceTrap_clear(l):VS=Admin-VS-CID=0x$x-alarmID=0x09e62006-clearType=service_resume;"
    "ARP "
    "VLAN CAR became ineffective on an interface.(Logical Interface = $t, Physical Interface = $p, Pe-Vlan = "
    "$v, "
    "Ce-Vlan = 0, Sample Rate = $d)",
    "SOC/4/ATTACK_SOURCE(l):CID=0x$x;An attack source was found. (Slot=$s, Interface=$e, Source=$m, "
    "Packets=$d)",
    "NTP/4/SOURCE_LOST(l):CID=0x$x;System synchronization source lost. (SourceLost=$i, LostReason=The peer "
    "is "
    "unreachable)",
    "NTP/4/STRATUM_CHANGE(l):CID=0x$x;The system stratum changes from $s to $s after clock update.",
    "NTP/6/NTP_UNSYNC(l):CID=0x$x;System clock is unsynchronized. (Reason=Peer $i is unreachable)",
    "QOS/4/hwXQoSPacketsDropInterfaceAlarm_active(l):CID=0x$x-alarmID=0x095a000a;Some packets are dropped in "
    "the "
    "interface queue. (InterfaceName=$e, QueueID=$s, DiscardType=2, DiscardedPackets=$d, "
    "DiscardThreshold=10, "
    "InterfaceIndex=$d)",
    "QOS/4/hwXQoSPacketsDropInterfaceAlarm_clear(l):CID=0x$x-alarmID=0x095a000a-clearType=service_resume;No "
    "packets are "
    "dropped in the interface queue. (InterfaceName=$e, QueueID=$s, DiscardType=2, DiscardedPackets=0, "
    "DiscardThreshold=10, InterfaceIndex=$d)",
    "LDP/4/LDP_SESSION_STATE_active(l):CID=0x$x-alarmID=0x08ca0001;The LDP session changes. (PeerLdpId=$i, "
    "Instance=0, State=Down, Reason=Hello hold timer expired)",
    "LDP/6/SSNHOLDTMREXP(l):CID=0x$x;Sessions were deleted because the session hold timer expired and the "
    "notification of the expiry was sent to the peer $i. (VpnInstanceName=_public_)",
    "MPLS/4/hwMplsTunnelDown_active(l):CID=0x$x-alarmID=0x08cb0005;The LSP tunnel is down. "
    "(SessionTunnelId=$d, "
    "LocalLspId=$d, IngressLsrId=$i, EgressLsrId=$i, TunnelName=Tunnel$d)",
    "L2VPN/2/hwVpwsSwitchPtoB(l):CID=0x$x;The PW was switched from the primary one to the secondary one. "
    "(PwId=$d, "
    "PeerAddr=$i, InterfaceName=$e, Reason=$s)",
    "VRRP/4/VrrpStateToBackup(l):CID=0x$x;The state of VRRP changed from master to other state. "
    "(VrrpIfName=$e, "
    "IfIndex=$d, VrId=$b, PriorityRun=$b, PriorityConfig=100, MasterIpAddress=$i)",
    "LACP/4/hwLacpPartnerExpiredLoss(l):CID=0x$x;Link aggregation: the partner's information expired. "
    "(TrunkIndex=$s, "
    "PortIfName=$p, TrunkName=$t, Reason=The peer did not answer)",
    "MSTP/6/MSTPLOG_PROSTATE_DISCARD(l):CID=0x$x;MSTP process $s instance $s changes the port state to "
    "Discarding. "
    "(InterfaceName=$p)",
    "DEVM/4/hwFanFail_active(l):CID=0x$x-alarmID=0x08130060;The fan failed. (EntityPhysicalIndex=$d, "
    "EntPhysicalName=FAN slot $s, EntityTrapReasonDescr=Fan speed is below its threshold)",
    "SRM/4/OPTICAL_POWER(l):CID=0x$x;The received optical power is near its limit. (Interface=$p, Power=-$b, "
    "Threshold=-$b, Unit=0.1 dBm)",
    "AAA/5/AAA_ONLINE_FAIL(l):CID=0x$x;A user failed to get online. (UserName=$w$d, Domain=$w, Interface=$e, "
    "PeVlan=$v, CeVlan=$v, Mac=$m, Reason=Authentication fail)",
    "BRASAM/4/hwAllocUserIPFailAlarm (t):VS=Admin-VS-CID=0x$x-OID=1.3.6.1.4.1.2011.6.8.2.2.0.3;Fail to alloc "
    "IP "
    "address from domain. (DomainNo.=$s,DomainName=$w$d)",
    "DHCP/4/DHCP_POOL_RUN_OUT(l):CID=0x$x;The addresses of a pool are used up. (PoolName=$w$s, Used=$d, "
    "Conflicts=$s)",
    "MULTICAST/6/IGMP_GROUP_LIMIT(l):CID=0x$x;The number of groups reached its limit. (Interface=$e, "
    "Limit=$d, "
    "Group=$i)",
    "PIM/4/hwPimNeighborLoss_active(l):CID=0x$x-alarmID=0x08950001;PIM neighbor loss. (NbrIntIndex=$d, "
    "NbrAddr=$i, "
    "InterfaceName=$e, InstanceID=0, NotificationAddressType=1)",
    "SNMP/4/SNMP_FAIL(l):CID=0x$x;Failed to log in through SNMP. (Ip=$i, Times=$s, Reason=the community was "
    "incorrect, "
    "VPN=_public_)",
    "SYSTEM/4/CPU_HIGH(l):CID=0x$x;The CPU usage of a board is high. (Slot=$s, Usage=$b, Threshold=90, "
    "Task=$w)",
    "TUNNEL/4/TNL_POLICY(l):CID=0x$x;No tunnel fits the policy. (Policy=$w$s, Destination=$i, Vpn=$w)",
    "TWAMP/4/TWAMP_LOSS(l):CID=0x$x;The loss of a test session is above its threshold. (Session=$d, Peer=$i, "
    "Loss=$b, "
    "Unit=0.01 %)",
    "USERLOG/6/NAT_SESSION(l):CID=0x$x;A session was closed. (Source=$i, SourcePort=$d, Destination=$i, "
    "DestinationPort=$d, Protocol=6, Bytes=$d$d)",
    "IPSEC/5/SA_EXPIRED(l):CID=0x$x;A security association reached its lifetime. (Interface=Tunnel$s, "
    "Peer=$i, "
    "Spi=0x$x, Lifetime=3600)",
};

static const char *const other[] = {
    "bastion-1 sshd[$d]: Accepted publickey for $w from $i port $d ssh2: ED25519 SHA256:$x$x$x$x",
    "bastion-1 CRON[$d]: (root) CMD (test -x /usr/sbin/anacron || run-parts --report /etc/cron.hourly)",
    "log-1 rsyslogd: imuxsock lost $d messages from pid $d due to rate-limiting",
    "radius-2 radiusd[$d]: Login incorrect (mschap: response is incorrect): [$w] (from client $w port $d cli "
    "$m)",
    "dhcp-1 dhcpd[$d]: DHCPREQUEST for $i from $m via $e",
    "sw-access-$b %LINK-3-UPDOWN: Interface GigabitEthernet0/$s, changed state to $u",
    "sw-access-$b %LINEPROTO-5-UPDOWN: Line protocol on Interface GigabitEthernet0/$s, changed state to $u",
    "last message repeated $s times",
    "fw-$s kernel: [$d.$d] DROP IN=eth0 OUT= SRC=$i DST=$i LEN=40 TTL=$b PROTO=TCP SPT=$d DPT=$d WINDOW=1024 "
    "SYN",
};

static const char *const words[] = {"core",  "voice", "ops",  "metro", "noc",
                                    "video", "north", "mgmt", "lab",   "backup"};

struct out {
    char *p, *end;
};

static void put(struct out *o, const char *s, size_t n)
{
    size_t room = (size_t)(o->end - o->p);
    n = n < room ? n : room;
    memcpy(o->p, s, n);
    o->p += n;
}

static void put_z(struct out *o, const char *s)
{
    put(o, s, strlen(s));
}

static void put_n(struct out *o, uint32_t n)
{
    char d[10], *p = d + sizeof d;
    do
        *--p = (char)('0' + n % 10);
    while ((n /= 10) > 0);
    put(o, p, (size_t)(d + sizeof d - p));
}

static void put_padded(struct out *o, uint32_t n, uint32_t digits)
{
    for (uint32_t limit = 10; digits > 1; digits--, limit *= 10)
        if (n < limit)
            put(o, "0000", digits - 1), digits = 1;
    put_n(o, n);
}

static void put_hex(struct out *o, uint32_t n, int digits)
{
    while (digits-- > 0)
        put(o, &"0123456789abcdef"[n >> (4 * digits) & 15], 1);
}

static void put_address(struct out *o, uint32_t r)
{
    put_z(o, "10.");
    put_n(o, r >> 16 & 255);
    put_z(o, ".");
    put_n(o, r >> 8 & 255);
    put_z(o, ".");
    put_n(o, r & 255);
}

/* NOLINTNEXTLINE(readability-non-const-parameter): it is written through a struct */
void port_name(uint32_t number, char out[static 64])
{
    static const char *const kinds[] = {"GE0/1/",   "GE0/2/",    "GigabitEthernet0/3/",
                                        "25GE0/4/", "100GE0/5/", "Eth-Trunk20"};
    struct out o = {out, out + 63};
    put_z(&o, kinds[number / 16 % 6]);
    put_n(&o, number % 8);
    if (number % 16 >= 8) {
        put_z(&o, ".");
        put_n(&o, 100 + number % 8);
    }
    *o.p = '\0';
}

static void put_mac(struct out *o, uint32_t r)
{
    put_z(o, "00e0-fc");
    put_hex(o, r >> 16 & 255, 2);
    put_z(o, "-");
    put_hex(o, r & 0xffff, 4);
}

static void put_field(struct out *o, char code, uint32_t r)
{
    char port[64];
    switch (code) {
    case 'd': put_n(o, r % 100000); break;
    case 's': put_n(o, 1 + r % 8); break;
    case 'b': put_n(o, r & 255); break;
    case 'v': put_n(o, 1 + r % 4094); break;
    case 'i': put_address(o, r); break;
    case 'x': put_hex(o, 0x80000000 | (r & 0xffffff), 8); break;
    case 'm': put_mac(o, r); break;
    case 'p': port_name(r % 80, port), put_z(o, port); break;
    case 't':
    case 'e':
        put_z(o, "Eth-Trunk");
        put_n(o, trunk_of(r % 64, 0));
        if (code == 'e')
            put_z(o, "."), put_n(o, sub_number(r >> 8 & 63));
        break;
    case 'w': put_z(o, words[r % (sizeof words / sizeof *words)]); break;
    case 'u': put_z(o, r & 1 ? "up" : "down"); break;
    default: put(o, &code, 1); break;
    }
}

static void put_template(struct out *o, struct rng *r, const char *t)
{
    for (const char *d; (d = strchr(t, '$')) != NULL; t = d + 2) {
        put(o, t, (size_t)(d - t));
        put_field(o, d[1], (uint32_t)(rng_next(r) >> 32));
    }
    put_z(o, t);
}

static void put_device(struct out *o, uint32_t device)
{
    put_z(o, "PE-");
    put_padded(o, device / 2 + 1, 5);
    put_z(o, device % 2 ? "-B" : "-A");
}

static void put_head(struct out *o, char severity, const char *stamp)
{
    put_z(o, "<1");
    put_n(o, 84 + (uint32_t)(severity - '0'));
    put_z(o, ">");
    put_z(o, stamp);
    put_z(o, " ");
}

size_t noise_line(struct rng *r, const struct shape *s, const char *stamp, const char *short_stamp, char *out,
                  size_t room, uint32_t *device)
{
    struct out o = {out, out + room};
    *device = UINT32_MAX;
    if (!s->live && rng_below(r, 32) == 0) {
        put_head(&o, '6', short_stamp);
        put_template(&o, r, other[rng_below(r, sizeof other / sizeof *other)]);
        return (size_t)(o.p - out);
    }
    const char *t = vrp[rng_below(r, sizeof vrp / sizeof *vrp)];
    put_head(&o, strchr(t, '/')[1], stamp);
    if (!s->live && rng_below(r, 8) == 0) {
        put_z(&o, "P-CORE-");
        put_n(&o, rng_below(r, CORE_ROUTERS));
    } else {
        *device = rng_below(r, s->pairs * 2);
        put_device(&o, *device);
    }
    put_z(&o, " %%01");
    put_template(&o, r, t);
    return (size_t)(o.p - out);
}

static void put_interface(struct out *o, const struct happening *h)
{
    char port[64];
    if (h->what == PORT_DOWN || h->what == PORT_UP) {
        port_name(h->sub, port);
        put_z(o, port);
        return;
    }
    put_z(o, "Eth-Trunk");
    put_n(o, trunk_of(h->pair, h->side));
    if (h->what == SUB_DOWN || h->what == SUB_UP)
        put_z(o, "."), put_n(o, sub_number(h->sub));
}

static void put_main(struct out *o, const struct happening *h)
{
    struct out name = {o->p, o->end};
    put_interface(&name, h);
    const char *dot = memchr(o->p, '.', (size_t)(name.p - o->p));
    o->p = dot != NULL ? o->p + (dot - o->p) : name.p;
}

static void put_link(struct out *o, const struct happening *h)
{
    bool down = h->what == SUB_DOWN || h->what == MAIN_DOWN || h->what == PORT_DOWN;
    put_z(o, down ? "IFNET/2/linkDown_active(l):CID=0x807a0408-alarmID=0x08520003;"
                  : "IFNET/2/linkDown_clear(l):CID=0x807a0408-alarmID=0x08520003-clearType=service_resume;");
    put_z(o, "The interface status changes. (ifName=");
    put_interface(o, h);
    put_z(o,
          down ? ", AdminStatus=UP, OperStatus=DOWN, Reason=" : ", AdminStatus=UP, OperStatus=UP, Reason=");
    put_z(o, down ? h->reason : "Interface physical link is up");
    put_z(o, ", mainIfname=");
    put_main(o, h);
    put_z(o, ")");
}

static void put_role(struct out *o, const struct happening *h)
{
    if (h->what == E_TRUNK_ROLE) {
        put_z(o,
              "ETRUNK/4/ETRUNK_STATUS_CHANGE(l):CID=0x80d8271a;The status of an E-Trunk changed.(ETrunkId=");
        put_n(o, e_trunk_of(h->pair));
    } else {
        put_z(
            o,
            "ETRUNK/4/ETRUNK_MEMBER_STATUS_CHANGE(l):CID=0x80d8271b;The status of an E-Trunk member changed. "
            "(ETrunkId=");
        put_n(o, e_trunk_of(h->pair));
        put_z(o, ", MemberType=1, MemberId=");
        put_n(o, trunk_of(h->pair, h->side));
    }
    put_z(o, h->role == MASTER ? ", State=Master, StateReason=" : ", State=Backup, StateReason=");
    put_z(o, h->reason);
    put_z(o, ")");
}

size_t happening_line(const struct happening *h, const char *stamp, char *out, size_t room)
{
    struct out o = {out, out + room};
    bool role = h->what == E_TRUNK_ROLE || h->what == MEMBER_ROLE;
    put_head(&o, role ? '4' : '2', stamp);
    put_device(&o, h->pair * 2 + h->side);
    put_z(&o, " %%01");
    if (role)
        put_role(&o, h);
    else
        put_link(&o, h);
    return (size_t)(o.p - out);
}
