/* SPDX-License-Identifier: Apache-2.0 */
/* credentials.h - how a user proves to an analyzer's API who he is. Pure.
 *
 * Skydive analyzer: the backend "basic" takes HTTP Basic. The backend
 * "keystone" refuses it: user and password have to be exchanged for a token
 * with POST /login, and the token goes with every request as the cookie
 * "authtoken". "basic" has the same exchange, and its token is good as well.
 */
#ifndef NET_CREDENTIALS_H
#define NET_CREDENTIALS_H

#include "base/buf.h"
#include "base/err.h"

/* Appends "Authorization: Basic ...", without an end of the line. */
void credentials_put_basic(struct buf *, struct str username, struct str password);
/* Appends "Cookie: ...", likewise; cookies ("name=value; ") may be empty. An
 * analyzer takes the first authtoken, and a token before Authorization. */
void credentials_put_cookie(struct buf *, struct str token, struct str cookies);
/* Appends the body of POST /login, application/x-www-form-urlencoded. */
void credentials_put_form(struct buf *, struct str username, struct str password);

/* The token in the answer {"Token":"...",...} of POST /login; of an analyzer
 * without authentication it is empty. 0, or -EINVAL with a reason that repeats
 * nothing of the answer. */
int credentials_read_token(int status, struct str body, struct buf *token, struct err *);

/* Frees it; nothing stays in memory. */
void credentials_forget(struct buf *);

#endif
