/* SPDX-License-Identifier: Apache-2.0 */
/* sigv4.c - see sigv4.h. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include "format/time_text.h"
#include "sys/digest.h"
#include "writer/sigv4.h"

#define TEXT_MAX  (256 * 1024)
#define ADDED_MAX 3 /* date, payload hash, token */

/* A header with its place, so that equal names stay in order. */
struct sorted {
	struct sigv4_header header;
	size_t place;
};

static char sigv4_lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

static int sigv4_compare(const void *left, const void *right)
{
	const struct sorted *a = left, *b = right;
	struct str x = a->header.name, y = b->header.name;
	size_t i;

	for (i = 0; i < x.len && i < y.len; i++)
		if (sigv4_lower(x.ptr[i]) != sigv4_lower(y.ptr[i]))
			return sigv4_lower(x.ptr[i]) < sigv4_lower(y.ptr[i]) ? -1 : 1;
	if (x.len != y.len)
		return x.len < y.len ? -1 : 1;
	return a->place < b->place ? -1 : a->place > b->place;
}

/* Without blanks at the ends; a run of blanks inside is one. */
static void put_trimmed(struct buf *out, struct str value)
{
	size_t i, start = out->len;
	bool blank = false;

	for (i = 0; i < value.len; i++) {
		if (value.ptr[i] == ' ' || value.ptr[i] == '\t') {
			blank = true;
			continue;
		}
		if (blank && out->len > start)
			buf_putc(out, ' ');
		blank = false;
		buf_putc(out, value.ptr[i]);
	}
}

static void put_lower(struct buf *out, struct str name)
{
	size_t i;

	for (i = 0; i < name.len; i++)
		buf_putc(out, sigv4_lower(name.ptr[i]));
}

static void put_header(struct sigv4_signature *s, const struct sigv4_header *h,
		       bool again)
{
	if (again) {
		/* Values of one name become a list: over the line's end. */
		buf_cut(&s->canonical_request, s->canonical_request.len - 1);
		buf_putc(&s->canonical_request, ',');
	} else {
		if (s->signed_headers.len)
			buf_putc(&s->signed_headers, ';');
		put_lower(&s->signed_headers, h->name);
		put_lower(&s->canonical_request, h->name);
		buf_putc(&s->canonical_request, ':');
	}
	put_trimmed(&s->canonical_request, h->value);
	buf_putc(&s->canonical_request, '\n');
}

static size_t added_headers(const struct sigv4_signer *signer,
			    const struct sigv4_request *r,
			    const struct sigv4_signature *s, struct sigv4_header *out)
{
	size_t n = 0;

	out[n++] = (struct sigv4_header){ STR("X-Amz-Date"), str_of(s->date) };
	if (s->sends_payload_hash)
		out[n++] = (struct sigv4_header){ STR("X-Amz-Content-Sha256"),
						  r->payload_sha256 };
	if (s->sends_token)
		out[n++] = (struct sigv4_header){ STR("X-Amz-Security-Token"),
						  signer->session_token };
	return n;
}

/* All headers in the order in which they are signed. NULL: no memory. */
static struct sorted *sort_headers(const struct sigv4_signer *signer,
				   const struct sigv4_request *r,
				   const struct sigv4_signature *s, size_t *count)
{
	struct sigv4_header added[ADDED_MAX];
	size_t i, n = added_headers(signer, r, s, added);
	struct sorted *all = calloc(r->count + n, sizeof(*all));

	if (!all)
		return NULL;
	*count = r->count + n;
	for (i = 0; i < *count; i++) {
		all[i].header = i < r->count ? r->header[i] : added[i - r->count];
		all[i].place = i;
	}
	qsort(all, *count, sizeof(*all), sigv4_compare);
	return all;
}

static int put_canonical_request(const struct sigv4_signer *signer,
				 const struct sigv4_request *r, struct sigv4_signature *s)
{
	struct buf *out = &s->canonical_request;
	size_t i, count = 0;
	struct sorted *all = sort_headers(signer, r, s, &count);

	if (!all)
		return -ENOMEM;
	buf_put(out, r->method);
	buf_putc(out, '\n');
	if (r->path.len)
		buf_put(out, r->path);
	else
		buf_putc(out, '/');
	buf_putc(out, '\n');
	buf_put(out, r->query);
	buf_putc(out, '\n');
	for (i = 0; i < count; i++)
		put_header(s, &all[i].header,
			   i && str_equal_nocase(all[i].header.name,
						 all[i - 1].header.name));
	buf_putc(out, '\n');
	buf_put(out, buf_str(&s->signed_headers));
	buf_putc(out, '\n');
	buf_put(out, r->payload_sha256);
	free(all);
	return buf_error(out) ? buf_error(out) : buf_error(&s->signed_headers);
}

static void put_scope(struct buf *out, const struct sigv4_signer *signer, const char *day)
{
	buf_printf(out, "%.8s/" STR_FMT "/" STR_FMT "/aws4_request", day,
		   STR_ARG(signer->region), STR_ARG(signer->service));
}

static int put_string_to_sign(const struct sigv4_signer *signer,
			      struct sigv4_signature *s)
{
	struct buf *out = &s->string_to_sign;
	unsigned char hash[SHA256_SIZE];
	int error = digest_sha256(buf_str(&s->canonical_request), hash);

	buf_printf(out, "AWS4-HMAC-SHA256\n%s\n", s->date);
	put_scope(out, signer, s->date);
	buf_putc(out, '\n');
	digest_put_hex(out, hash, sizeof(hash));
	return error ? error : buf_error(out);
}

static int next_key(unsigned char key[SIGV4_KEY_SIZE], struct str part)
{
	return digest_hmac_sha256((struct str){ (const char *)key, SIGV4_KEY_SIZE }, part,
				  key);
}

static int derive_key(struct sigv4_signer *signer, const char *date)
{
	struct buf secret = BUF_INIT(4096);
	struct str day = { date, 8 };
	int error;

	if (str_is(day, signer->key_day))
		return 0;
	signer->key_day[0] = '\0';
	buf_puts(&secret, "AWS4");
	buf_put(&secret, signer->secret_key);
	error = buf_error(&secret);
	if (!error)
		error = digest_hmac_sha256(buf_str(&secret), day, signer->key);
	if (!error)
		error = next_key(signer->key, signer->region);
	if (!error)
		error = next_key(signer->key, signer->service);
	if (!error)
		error = next_key(signer->key, STR("aws4_request"));
	if (!error)
		snprintf(signer->key_day, sizeof(signer->key_day), "%.8s", date);
	if (secret.ptr)
		explicit_bzero(secret.ptr, secret.cap);
	buf_fini(&secret);
	return error;
}

static int put_authorization(const struct sigv4_signer *signer, struct sigv4_signature *s)
{
	struct buf *out = &s->authorization;
	struct str key = { (const char *)signer->key, sizeof(signer->key) };
	unsigned char mac[SHA256_SIZE];
	int error = digest_hmac_sha256(key, buf_str(&s->string_to_sign), mac);

	buf_puts(out, "AWS4-HMAC-SHA256 Credential=");
	buf_put(out, signer->access_key);
	buf_putc(out, '/');
	put_scope(out, signer, s->date);
	buf_puts(out, ", SignedHeaders=");
	buf_put(out, buf_str(&s->signed_headers));
	buf_puts(out, ", Signature=");
	digest_put_hex(out, mac, sizeof(mac));
	return error ? error : buf_error(out);
}

static int write_date(char date[17], int64_t wall_ms)
{
	struct buf text = BUF_INIT(64);
	int error;

	time_put_basic(&text, wall_ms / 1000);
	error = buf_error(&text);
	if (!error && text.len != 16)
		error = -EINVAL;
	if (!error)
		memcpy(date, text.ptr, 17);
	buf_fini(&text);
	return error;
}

void sigv4_signature_init(struct sigv4_signature *s)
{
	*s = (struct sigv4_signature){
		.canonical_request = BUF_INIT(TEXT_MAX),
		.string_to_sign = BUF_INIT(TEXT_MAX),
		.signed_headers = BUF_INIT(TEXT_MAX),
		.authorization = BUF_INIT(TEXT_MAX),
	};
}

void sigv4_signature_fini(struct sigv4_signature *s)
{
	buf_fini(&s->canonical_request);
	buf_fini(&s->string_to_sign);
	buf_fini(&s->signed_headers);
	buf_fini(&s->authorization);
}

int sigv4_sign(struct sigv4_signer *signer, const struct sigv4_request *r,
	       int64_t wall_ms, struct sigv4_signature *s)
{
	int error;

	buf_reset(&s->canonical_request);
	buf_reset(&s->string_to_sign);
	buf_reset(&s->signed_headers);
	buf_reset(&s->authorization);
	s->sends_payload_hash = str_is(signer->service, "s3");
	s->sends_token = signer->session_token.len > 0;
	error = write_date(s->date, wall_ms);
	if (!error)
		error = put_canonical_request(signer, r, s);
	if (!error)
		error = put_string_to_sign(signer, s);
	if (!error)
		error = derive_key(signer, s->date);
	return error ? error : put_authorization(signer, s);
}

void sigv4_put_headers(struct buf *out, const struct sigv4_signer *signer,
		       const struct sigv4_request *r, const struct sigv4_signature *s)
{
	struct sigv4_header added[ADDED_MAX];
	size_t i, n = added_headers(signer, r, s, added);

	for (i = 0; i < n; i++) {
		buf_put(out, added[i].name);
		buf_puts(out, ": ");
		buf_put(out, added[i].value);
		buf_putc(out, '\0');
	}
	buf_puts(out, "Authorization: ");
	buf_put(out, buf_str(&s->authorization));
	buf_putc(out, '\0');
}

static bool is_unreserved(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' || c == '~';
}

static void put_encoded(struct buf *out, struct str raw, char kept)
{
	size_t i;

	for (i = 0; i < raw.len; i++)
		if (is_unreserved(raw.ptr[i]) || raw.ptr[i] == kept)
			buf_putc(out, raw.ptr[i]);
		else
			buf_printf(out, "%%%02X", (unsigned char)raw.ptr[i]);
}

void sigv4_put_path(struct buf *out, struct str raw)
{
	put_encoded(out, raw, '/');
}

void sigv4_put_query(struct buf *out, struct str raw)
{
	put_encoded(out, raw, '-');
}
