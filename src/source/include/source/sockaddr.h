/* SPDX-License-Identifier: ISC */
#ifndef TW_SOURCE_SOCKADDR_H
#define TW_SOURCE_SOCKADDR_H
/*
 * Addresses and ports, to and from what the system calls want.
 */
#include "model/record.h"

#include <sys/socket.h>

/* Returns the length. */
socklen_t tw_sockaddr_make(const struct tw_addr *a, uint16_t port, struct sockaddr_storage *out);
/* The address, IPv4 in its own form also when it is written ::ffff:a.b.c.d, family 0 when it is neither;
 * returns the port. */
uint16_t tw_sockaddr_read(const struct sockaddr_storage *s, struct tw_addr *out);
/* What a socket is bound to. */
void tw_sockaddr_local(int fd, struct tw_addr *address, uint16_t *port);
/* A socket of this type, bound. -1: errno is set. */
int tw_sockaddr_bind(const struct tw_addr *address, uint16_t port, int type);
/* The socket is of this type, and IPv4 or IPv6; it never waits from now on. False: errno is set. */
bool tw_sockaddr_adopt(int fd, int type);

#endif
