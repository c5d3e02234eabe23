/* SPDX-License-Identifier: Apache-2.0 */
/* analyzer_url.h - an entry of the list "analyzers" as a URL.
 *
 * "host:port", ":8082" and "8082" (both this host), "[::1]:8082", each also
 * with http:// or https:// in front. The port may be the name of a service, of
 * /etc/services.
 */
#ifndef TOPOLOGY_ANALYZER_URL_H
#define TOPOLOGY_ANALYZER_URL_H

#include "base/buf.h"
#include "base/err.h"

/* Appends "http://host:port"; an entry without a scheme is https when is_https
 * says so. 0, or -EINVAL with the reason. */
int analyzer_url_put(struct buf *url, struct str entry, bool is_https, struct err *err);

#endif
