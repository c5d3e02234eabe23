/* SPDX-License-Identifier: Apache-2.0 */
/* source_auth.h - a pipeline's credentials for the analyzer that it subscribes to.
 *
 * Users and cookies of a file are sent to the host of the file's own
 * pipeline.subscriber.url. Those of the main file (analyzer.auth.cluster, http.cookie,
 * pipeline.subscriber.auth) are sent to its URL's host and to those in its list
 * "analyzers", and so to a drop-in's URL only if that names one of them: a tenant who
 * may write a URL must not learn the password of all others. Hosts are compared with
 * their ports.
 *
 * pipeline.subscriber.auth takes precedence over analyzer.auth.cluster, and a drop-in
 * over the main file.
 */
#ifndef SOURCE_SOURCE_AUTH_H
#define SOURCE_SOURCE_AUTH_H

#include "config/config.h"
#include "net/session.h"

struct source_auth {
	struct str username, password;
	struct str cookie; /* "name=value; " for each, as Skydive's clients write it */
	bool is_withheld; /* the main file has credentials, which are not for this host */
};

extern const struct config_section source_auth_section;

/* Reads the credentials for a URL of an analyzer. Strings live in the arena. A password
 * file is read once. Errors go to problems. */
void source_auth_read(struct source_auth *, const struct config *, const struct url *,
		      struct arena *, struct problems *);

/* The identity for that analyzer: these credentials, with the shared host id and TLS
 * files. */
struct session_identity source_auth_identity(const struct source_auth *,
					     const struct session_identity *shared);

bool source_auth_equal(const struct source_auth *, const struct source_auth *);

/* Whether a password would be sent unencrypted: without TLS, to another host. */
bool source_auth_is_bare(const struct source_auth *, const struct url *);

/* Makes the value of the Cookie header. -EINVAL with the reason if a header cannot have
 * it. The main file's is also sent with questions. */
int source_auth_cookie(const struct map_of_str *, struct arena *, struct str *cookie,
		       struct err *);
/* Tells err, by err_also(), of a blank at an end of analyzer.auth.cluster's username or
 * password, which every pipeline may read. */
void source_auth_check_shared(struct str username, struct str password, struct err *);

#endif
