/* SPDX-License-Identifier: Apache-2.0 */
/* digest.c - see digest.h. */
#include <errno.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include "base/base64.h"
#include "sys/digest.h"

static const EVP_MD *digest_method(enum digest_kind kind)
{
	return kind == DIGEST_MD5 ? EVP_md5() : EVP_sha256();
}

int digest_init(struct digest *d, enum digest_kind kind)
{
	*d = (struct digest){ .kind = kind, .state = EVP_MD_CTX_new() };
	if (!d->state)
		return -ENOMEM;
	if (EVP_DigestInit_ex(d->state, digest_method(kind), NULL))
		return 0;
	digest_fini(d);
	return -ENOTSUP;
}

void digest_add(struct digest *d, struct str bytes)
{
	if (bytes.len && !EVP_DigestUpdate(d->state, bytes.ptr, bytes.len))
		d->error = -EIO;
}

int digest_end(struct digest *d, unsigned char *out)
{
	int error = d->error;

	d->error = 0;
	if (!EVP_DigestFinal_ex(d->state, out, NULL))
		error = -EIO;
	/* NULL: the same method again, without looking it up. */
	if (!EVP_DigestInit_ex(d->state, NULL, NULL))
		d->error = -EIO;
	return error;
}

void digest_fini(struct digest *d)
{
	EVP_MD_CTX_free(d->state);
	d->state = NULL;
}

int digest_sha256(struct str bytes, unsigned char out[SHA256_SIZE])
{
	const char *ptr = bytes.len ? bytes.ptr : "";

	return EVP_Digest(ptr, bytes.len, out, NULL, EVP_sha256(), NULL) ? 0 : -EIO;
}

int digest_sha1(struct str bytes, unsigned char out[SHA1_SIZE])
{
	const char *ptr = bytes.len ? bytes.ptr : "";

	return EVP_Digest(ptr, bytes.len, out, NULL, EVP_sha1(), NULL) ? 0 : -EIO;
}

int digest_hmac_sha256(struct str key, struct str bytes, unsigned char out[SHA256_SIZE])
{
	const unsigned char *data = (const unsigned char *)(bytes.len ? bytes.ptr : "");

	if (key.len > INT32_MAX)
		return -EIO;
	return HMAC(EVP_sha256(), key.len ? key.ptr : "", (int)key.len, data, bytes.len,
		    out, NULL)
		       ? 0
		       : -EIO;
}

void digest_put_hex(struct buf *out, const unsigned char *digest, size_t size)
{
	size_t i;

	for (i = 0; i < size; i++) {
		buf_putc(out, "0123456789abcdef"[digest[i] >> 4]);
		buf_putc(out, "0123456789abcdef"[digest[i] & 15]);
	}
}

void digest_put_base64(struct buf *out, const unsigned char *digest, size_t size)
{
	base64_put(out, (struct str){ (const char *)digest, size });
}
