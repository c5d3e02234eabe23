/* SPDX-License-Identifier: Apache-2.0 */
/* credentials.h - authentication at an analyzer's API. Pure.
 *
 * Skydive analyzer: the backend "basic" accepts HTTP Basic. The backend "keystone"
 * refuses it: user and password must be exchanged for a token with POST /login, and the
 * token sent with every request as the cookie "authtoken". "basic" also supports this
 * exchange.
 */
#ifndef NET_CREDENTIALS_H
#define NET_CREDENTIALS_H

#include "base/buf.h"
#include "base/err.h"

/* Appends "Authorization: Basic ...", without a line end. */
void credentials_put_basic(struct buf *, struct str username, struct str password);
/* Appends "Cookie: ...", likewise; cookies ("name=value; ") may be empty. An analyzer
 * uses the first authtoken, and prefers a token to Authorization. */
void credentials_put_cookie(struct buf *, struct str token, struct str cookies);
/* Appends the body of POST /login, application/x-www-form-urlencoded. */
void credentials_put_form(struct buf *, struct str username, struct str password);

/* The token in the answer {"Token":"...",...} of POST /login; it is empty from an
 * analyzer without authentication. 0, or -EINVAL with a reason that does not quote the
 * answer. */
int credentials_read_token(int status, struct str body, struct buf *token, struct err *);

/* Frees it, after overwriting its bytes. */
void credentials_forget(struct buf *);

#endif
