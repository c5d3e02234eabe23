/* SPDX-License-Identifier: Apache-2.0 */
/* host_port.h - parses host and port as in URLs and addresses: "host", "host:port",
 * "[::1]:port", ":port".
 *
 * An IPv6 address needs its brackets (RFC 3986 section 3.2.2), and may have a zone behind
 * a "%" (RFC 4007 section 11).
 */
#ifndef NET_HOST_PORT_H
#define NET_HOST_PORT_H

#include "base/err.h"
#include "base/str.h"

struct host_port {
	struct str host; /* without brackets; empty: none is given */
	bool is_v6;	 /* it has brackets */
	struct str port; /* its digits; empty: none is given */
	unsigned number; /* of the port, 0 to 65535 */
};

/* host and port borrow from text. 0, or -EINVAL with the reason. */
int host_port_parse(struct str text, struct host_port *, struct err *);

#endif
