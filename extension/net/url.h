/* SPDX-License-Identifier: Apache-2.0 */
/* url.h - where flows come from, as pipeline.subscriber.url says it.
 *
 *	ws://host:port/ws/subscriber/flow	an analyzer
 *	wss://host:port/ws/subscriber/flow	the same over TLS
 *	ws+unix:///path.sock			the same over a socket, with
 *						":/ws/subscriber/flow" behind it or not
 *	udp://address:port			agents' datagrams
 *	unixgram:///path.sock			the same, local
 *	file:///path				a recording
 *
 * Without a port it is the scheme's; without a path it is the analyzer's.
 */
#ifndef NET_URL_H
#define NET_URL_H

#include "base/err.h"
#include "base/str.h"

enum source_scheme {
	SOURCE_WS,
	SOURCE_WSS,
	SOURCE_WS_UNIX,
	SOURCE_UDP,
	SOURCE_UNIXGRAM,
	SOURCE_FILE,
};

struct source_url {
	enum source_scheme scheme;
	struct str text;   /* all of it, for messages */
	struct str host;   /* "host:port", with brackets for IPv6 */
	struct str path;   /* of a socket or a recording */
	struct str target; /* of the websocket: path and query */
};

/* Members point into text or are constant. -EINVAL: the reason says what a URL
 * looks like. */
int source_url_parse(struct str text, struct source_url *, struct err *);
bool source_url_is_websocket(const struct source_url *);

#endif
