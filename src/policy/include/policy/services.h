/* SPDX-License-Identifier: ISC */
#ifndef TW_POLICY_SERVICES_H
#define TW_POLICY_SERVICES_H
/* The service words of contract 2 in the order of the bits that stand for them; topology has the same list,
 * and a unit test holds the two together. */
#define TW_POLICY_SERVICES                                                                                   \
    "arp", "igmp", "igmp-snooping", "mld", "multicast", "ipsec", "bras", "l2tp", "dhcp", "nd", "l3", "l2"
#endif
