/* SPDX-License-Identifier: Apache-2.0 */
/* source_auth.h - who a pipeline is to the analyzer that it subscribes to.
 *
 * What a file says of users and cookies goes to the host of the file's own
 * pipeline.subscriber.url. What the main file says (analyzer.auth.cluster,
 * http.cookie, pipeline.subscriber.auth) goes to its URL's host and to those in its
 * list "analyzers", and so to a drop-in's URL only if that names one of them: a tenant
 * who may write a URL must not learn the password of all others. Hosts are compared
 * with their ports.
 *
 * pipeline.subscriber.auth goes before analyzer.auth.cluster, and a drop-in before
 * the main file.
 */
#ifndef SOURCE_SOURCE_AUTH_H
#define SOURCE_SOURCE_AUTH_H

#include "config/config.h"
#include "net/session.h"

struct source_auth {
	struct str username, password;
	struct str cookie; /* "name=value; " for each, as Skydive's clients write it */
	bool is_withheld;  /* the main file has some, which are not for this host */
};

extern const struct config_section source_auth_section;

/* What is said for a URL of an analyzer. Strings live in the arena. A password's file
 * is read once. What is wrong goes to problems. */
void source_auth_read(struct source_auth *, const struct config *, const struct url *,
		      struct arena *, struct problems *);

/* Who we are there, by what all streams share: host id and TLS. */
struct session_identity source_auth_identity(const struct source_auth *,
					     const struct session_identity *shared);

bool source_auth_equal(const struct source_auth *, const struct source_auth *);

/* Whether a password to that host can be read on its way: no TLS, and another host. */
bool source_auth_is_bare(const struct source_auth *, const struct url *);

/* The header's value, and whether a header can hold it; what it is of, for the error.
 * Of the main file's cookies it is also what questions carry. */
int source_auth_cookie(const struct map_of_str *, struct arena *, struct str *cookie,
		       struct err *);

#endif
