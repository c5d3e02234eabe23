/* SPDX-License-Identifier: Apache-2.0 */
/* httpd_host.h - whether a request's Host header names the server that it came to.
 *
 * A page in a browser may make requests to any address by a name of its own that it
 * lets point there (DNS rebinding), and then read the answers. Such a request bears the
 * page's name in its header "Host" (RFC 9110 section 7.2), which the page cannot change.
 * So a TCP server is only known by names that nobody else can have: those of the
 * loopback interface (RFC 6761 section 6.3), its own address, the name that it was told
 * to listen at, and where it listens at all interfaces, any address. The port is not
 * looked at: a tunnel has another one.
 *
 * Pure, any thread.
 */
#ifndef NET_HTTPD_HOST_H
#define NET_HTTPD_HOST_H

#include "net/socket_address.h"

#define HOST_NAME_SIZE 256

/* The host of an address to listen at (net/socket_address.h); "" without one. */
void httpd_host_name(const char *listen, char name[HOST_NAME_SIZE]);
/* value: of the header. name: as of httpd_host_name(). */
bool httpd_host_is_ours(struct str value, struct str name, const struct socket_address *);
/* Whether the address means all interfaces. */
bool httpd_host_is_everywhere(const struct socket_address *);

#endif
