/* SPDX-License-Identifier: Apache-2.0 */
/* digest.h - SHA-256, SHA-1, MD5 and HMAC, for object stores and websockets.
 *
 * The only user of OpenSSL. MD5 is for S3's Content-MD5; where the system forbids it
 * (FIPS), digest_init() returns -ENOTSUP.
 */
#ifndef SYS_DIGEST_H
#define SYS_DIGEST_H

#include "base/buf.h"

#define MD5_SIZE    16
#define SHA1_SIZE   20
#define SHA256_SIZE 32

enum digest_kind { DIGEST_MD5, DIGEST_SHA256 };

struct digest {
	enum digest_kind kind;
	void *state;
	int error; /* sticky; digest_end() returns it */
};

/* 0, -ENOMEM or -ENOTSUP; then digest_fini() has nothing to do. */
int digest_init(struct digest *, enum digest_kind);
void digest_add(struct digest *, struct str bytes);
/* Writes MD5_SIZE or SHA256_SIZE bytes and is ready for another message. 0 or
 * -EIO. */
int digest_end(struct digest *, unsigned char *out);
void digest_fini(struct digest *); /* zeroed memory is fine */

int digest_sha256(struct str bytes, unsigned char out[SHA256_SIZE]);
/* For a websocket handshake; no security depends on it. */
int digest_sha1(struct str bytes, unsigned char out[SHA1_SIZE]);
int digest_hmac_sha256(struct str key, struct str bytes, unsigned char out[SHA256_SIZE]);

/* Lower case. */
void digest_put_hex(struct buf *, const unsigned char *digest, size_t size);
void digest_put_base64(struct buf *, const unsigned char *digest, size_t size);

#endif
