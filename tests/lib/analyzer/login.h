/* SPDX-License-Identifier: Apache-2.0 */
/* login.h - POST /login, and who may come in.
 *
 * Skydive analyzer: the form has username and password; the answer is
 * {"Token":...,"Permissions":[...]} with a cookie authtoken, or 401. With the
 * backend "basic" the token is base64 of user:password; with "keystone" it is
 * opaque, runs out, and nothing else opens the door. A user has a role, without
 * which questions are answered with 405, only after a login or a handshake.
 */
#ifndef ANALYZER_LOGIN_H
#define ANALYZER_LOGIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct analyzer;
struct conn;
struct request;

struct login {
	unsigned number;  /* of keystone's tokens */
	unsigned expired; /* of these, the first ones */
	bool has_role;	  /* the user was here */
	uint64_t accepted;
	uint64_t refused;
};

/* Answers a POST /login. */
void login_request(struct conn *, const char *body, size_t len);
/* Whether the request shows what the backend wants to see. */
bool login_admits(const struct analyzer *, const struct request *);
/* Tokens given so far are good no more. */
void login_expire(struct login *);

#endif
