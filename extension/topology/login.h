/* SPDX-License-Identifier: Apache-2.0 */
/* login.h - POST /login at an analyzer that refused questions: see net/credentials.h.
 * Private to topology.c, under its lock.
 *
 * 401 means that it wants a token, or a new one. 405 means that the user has no role
 * yet: an analyzer assigns the default role only at a login. Lookups that were refused
 * wait for the login, of which only one runs at a time, and are then sent once more.
 */
#ifndef TOPOLOGY_LOGIN_H
#define TOPOLOGY_LOGIN_H

#include "net/http.h"

struct lookup;
struct topology;

struct login {
	struct topology *topology;
	struct buf url;
	struct http_request request;
	bool is_running;
	struct lookup *parked;
	struct buf token;      /* empty: the credentials are sent as they are */
	unsigned number;       /* of logins; tells which one a lookup was sent with */
	int64_t not_before_ms; /* the next one */
	struct err why;	       /* the last one was refused, or "" */
};

/* The lookup was answered with 401 or 405. true: it is sent again, now or after a
 * login. false: it has failed; err says why when a login was refused. */
bool login_helps(struct topology *, struct lookup *, int64_t now_ms, struct err *);

#endif
