/* SPDX-License-Identifier: Apache-2.0 */
/* url.h - parses the URL of a stream.
 *
 * Each source has a table of its schemes, with the form of the rest of the URL:
 *
 *	URL_HOST	ws://host:port/target
 *	URL_SOCKET	ws+unix:///path.sock, with ":/target" behind it or not
 *	URL_PATH	file:///path
 *	URL_BROKERS	kafka://host:port,host:port/target
 */
#ifndef NET_URL_H
#define NET_URL_H

#include "base/buf.h"
#include "base/err.h"

enum url_form { URL_HOST, URL_SOCKET, URL_PATH, URL_BROKERS };

struct url_scheme {
	const char *name; /* without "://" */
	enum url_form form;
	bool is_tls;
	const char *target; /* when the URL has none; NULL: "" */
};

struct url {
	const struct url_scheme *scheme;
	struct str text;   /* all of it */
	struct str shown;  /* without the query, which may hold a token: for messages */
	struct str host;   /* "host:port", with brackets for IPv6; of brokers a list */
	struct str path;   /* of a socket or a file */
	struct str target; /* path and query of a request */
	const char *key;   /* its configuration key, for messages */
};

/* The scheme of the text, from a table that ends with a scheme without a name. NULL: it
 * is not among them. */
const struct url_scheme *url_scheme_find(const struct url_scheme *, struct str text);

/* Appends the parts of a text, which need not be a valid URL, that are not secret:
 * without the part before an "@", and without the query. */
void url_put_shown(struct buf *, struct str text);

/* text has that scheme. Members point into text or are constant; key is borrowed.
 * -EINVAL: the reason shows what a URL looks like. */
int url_parse(struct str text, const struct url_scheme *, const char *key, struct url *,
	      struct err *);

#endif
