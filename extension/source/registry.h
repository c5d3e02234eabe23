/* SPDX-License-Identifier: Apache-2.0 */
/* registry.h - all sources, by the scheme of their URL.
 *
 *	ws://host:port/ws/subscriber/flow	an analyzer
 *	wss://host:port/ws/subscriber/flow	the same over TLS
 *	ws+unix:///path.sock			the same over a socket, with
 *						":/ws/subscriber/flow" behind it or not
 *	udp://address:port			agents' datagrams
 *	unixgram:///path.sock			the same, local
 *	file:///path				a recording
 *	kafka://host:port,.../topic?group=name	a topic, shared by a group
 *
 * The default port is the scheme's, the default path the analyzer's.
 */
#ifndef SOURCE_REGISTRY_H
#define SOURCE_REGISTRY_H

#include "source/source.h"

extern const struct source *const source_all[]; /* ends with NULL */
extern const struct source source_flow_stream, source_datagram, source_recording,
	source_kafka;

/* Members of the URL point into text or are constant. -EINVAL: the reason shows what a
 * URL looks like. */
int source_find(struct str text, const struct source **, struct url *, struct err *);

#endif
