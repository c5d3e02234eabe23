/* SPDX-License-Identifier: Apache-2.0 */
/* login.h - POST /login at one analyzer, for questions that it refused: see
 * net/credentials.h. The inside of topology.c, under its lock.
 *
 * 401 says that it wants a token, or another one. 405 says that the user has no
 * role yet: an analyzer gives the default role at a login only. Lookups that
 * were refused wait for the one login that runs, and are then sent once more.
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
	unsigned number;       /* of logins; says with which one a lookup was sent */
	int64_t not_before_ms; /* the next one */
	struct err why;	       /* the last one was refused, or "" */
};

/* The lookup was answered with 401 or 405. true: it is sent again, now or after
 * a login. false: nothing can be done; err says so when a login was refused. */
bool login_helps(struct topology *, struct lookup *, int64_t now_ms, struct err *);

#endif
