/* SPDX-License-Identifier: Apache-2.0 */
/* url.h - where flows come from, as pipeline.subscriber.url says it.
 *
 *	ws://host:port/ws/subscriber/flow	an analyzer
 *	file:///path				a recording
 *
 * Without a port it is the scheme's; without a path it is the analyzer's.
 */
#ifndef SOURCE_URL_H
#define SOURCE_URL_H

#include "base/err.h"
#include "base/str.h"

enum source_scheme { SOURCE_WS, SOURCE_FILE };

struct source_url {
	enum source_scheme scheme;
	struct str host;		/* "host:port", with brackets for IPv6 */
	struct str target;		/* path and query, or the file's path */
};

/* Members point into text or are constant. -EINVAL: the reason says what a URL
 * looks like. */
int source_url_parse(struct str text, struct source_url *, struct err *);

#endif
