/* SPDX-License-Identifier: Apache-2.0 */
/* kafka_token.h - what a token for OAUTHBEARER says of itself.
 *
 * It is a JSON Web Token (RFC 7519): three parts of base64url with dots between, the
 * second one its claims; the third, the signature, may be empty. Who signed it is the
 * brokers' business.
 */
#ifndef NET_KAFKA_TOKEN_H
#define NET_KAFKA_TOKEN_H

#include <stdint.h>
#include "base/err.h"
#include "base/str.h"

struct kafka_token {
	int64_t expires_s; /* Unix */
	char subject[256]; /* cut where it is longer; "" if there is none */
};

/* 0, or -EINVAL with a reason that goes after its name. */
int kafka_token_read(struct kafka_token *, struct str text, struct err *);
/* The same, and it is -EINVAL when it has expired. */
int kafka_token_check(struct kafka_token *, struct str text, int64_t now_s, struct err *);

#endif
