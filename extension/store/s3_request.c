/* SPDX-License-Identifier: Apache-2.0 */
/* s3_request.c - see s3_request.h. */
#include <errno.h>
#include <stdlib.h>
#include "base/arena.h"
#include "pipeline/object.h"
#include "store/digest.h"
#include "store/s3_request.h"

#define URL_MAX		(16 * 1024)
#define HEADERS_MAX	(64 * 1024)
#define FIXED_MAX	4		/* Host, Content-Type, -Encoding, -MD5 */

/* Headers that are being collected; the values live in the arena. */
struct list {
	struct sigv4_header *item;
	size_t count;
	struct arena arena;
};

int s3_endpoint(struct str text, struct str region, struct buf *made,
		struct endpoint *e, struct err *err)
{
	int error;

	if (text.len == 0) {
		buf_reset(made);
		buf_puts(made, "https://s3.");
		buf_put(made, region);
		buf_puts(made, ".amazonaws.com");
		if (buf_error(made))
			return buf_error(made);
		text = buf_str(made);
	}
	error = endpoint_parse(text, e, err);
	if (error)
		return error;
	if (e->scheme == ENDPOINT_NONE)
		e->scheme = ENDPOINT_HTTPS;
	return e->host.len ? 0 : err_set(err, "it names no host");
}

/* Not added when empty: libcurl would leave it out, signed or not. A control
 * character would end the line, so it becomes a blank. */
static void add(struct list *l, struct str name, struct str value)
{
	char *copy;
	size_t i;

	if (value.len == 0)
		return;
	copy = arena_bytes(&l->arena, value.len);
	if (!copy)
		return;
	for (i = 0; i < value.len; i++)
		copy[i] = (unsigned char)value.ptr[i] < 0x20 ? ' ' : value.ptr[i];
	l->item[l->count++] = (struct sigv4_header){ name, { copy, value.len } };
}

static void add_metadata(struct list *l, const struct map_of_str *metadata)
{
	struct buf name = BUF_INIT(1024);
	size_t i;

	for (i = 0; i < metadata->count; i++) {
		buf_reset(&name);
		buf_puts(&name, "x-amz-meta-");
		buf_put(&name, metadata->name[i]);
		if (buf_error(&name))
			l->arena.error = buf_error(&name);
		add(l, arena_str(&l->arena, buf_str(&name)), metadata->value[i]);
	}
	buf_fini(&name);
}

static int collect(struct list *l, const struct endpoint *e, const struct sealed *o)
{
	struct buf text = BUF_INIT(1024);
	int error;

	l->item = calloc(FIXED_MAX + o->metadata.count, sizeof(*l->item));
	if (!l->item)
		return -ENOMEM;
	endpoint_put_host(&text, e);
	error = buf_error(&text);
	add(l, STR("Host"), buf_str(&text));
	add(l, STR("Content-Type"), o->content_type);
	add(l, STR("Content-Encoding"), o->content_encoding);
	buf_reset(&text);
	digest_put_base64(&text, o->md5, sizeof(o->md5));
	error = error ? error : buf_error(&text);
	add(l, STR("Content-MD5"), buf_str(&text));
	add_metadata(l, &o->metadata);
	buf_fini(&text);
	return error ? error : arena_error(&l->arena);
}

static int put_url(struct s3_request *r, const struct endpoint *e,
		   const struct sealed *o, struct buf *path)
{
	struct buf key = BUF_INIT(URL_MAX);

	object_key_clean(o->key, &key);
	buf_putc(path, '/');
	sigv4_put_path(path, o->dirname);
	buf_putc(path, '/');
	sigv4_put_path(path, buf_str(&key));
	endpoint_put_url(&r->url, e);
	buf_put(&r->url, buf_str(path));
	if (buf_error(&key))
		r->url.error = buf_error(&key);
	buf_fini(&key);
	return buf_error(path) ? buf_error(path) : buf_error(&r->url);
}

/* Lines first, pointers when the lines do not move any more. */
static int put_lines(struct s3_request *r, const struct list *l,
		     const struct sigv4_signer *signer, const struct sigv4_request *request,
		     const struct sigv4_signature *signature)
{
	size_t i, lines = 0;
	const char *at;

	for (i = 0; i < l->count; i++) {
		buf_put(&r->lines, l->item[i].name);
		buf_puts(&r->lines, ": ");
		buf_put(&r->lines, l->item[i].value);
		buf_putc(&r->lines, '\0');
	}
	sigv4_put_headers(&r->lines, signer, request, signature);
	if (buf_error(&r->lines))
		return buf_error(&r->lines);
	for (i = 0; i < r->lines.len; i++)
		lines += r->lines.ptr[i] == '\0';
	r->header = calloc(lines + 1, sizeof(*r->header));
	if (!r->header)
		return -ENOMEM;
	for (i = 0, at = r->lines.ptr; i < lines; i++, at += strlen(at) + 1)
		r->header[i] = at;
	return 0;
}

static int sign(struct s3_request *r, const struct list *l, struct sigv4_signer *signer,
		const struct sealed *o, struct str path, int64_t wall_ms)
{
	struct sigv4_signature signature;
	struct buf hash = BUF_INIT(128);
	struct sigv4_request request;
	int error;

	digest_put_hex(&hash, o->sha256, sizeof(o->sha256));
	sigv4_signature_init(&signature);
	request = (struct sigv4_request){
		.method = STR("PUT"),
		.path = path,
		.header = l->item,
		.count = l->count,
		.payload_sha256 = buf_str(&hash),
	};
	error = buf_error(&hash);
	if (!error)
		error = sigv4_sign(signer, &request, wall_ms, &signature);
	if (!error)
		error = put_lines(r, l, signer, &request, &signature);
	sigv4_signature_fini(&signature);
	buf_fini(&hash);
	return error;
}

int s3_request_init(struct s3_request *r, const struct endpoint *e,
		    struct sigv4_signer *signer, const struct sealed *o, int64_t wall_ms)
{
	struct list headers = { .arena = ARENA_INIT(HEADERS_MAX) };
	struct buf path = BUF_INIT(URL_MAX);
	int error;

	*r = (struct s3_request){
		.url = BUF_INIT(URL_MAX),
		.lines = BUF_INIT(HEADERS_MAX),
	};
	error = put_url(r, e, o, &path);
	if (!error)
		error = collect(&headers, e, o);
	if (!error)
		error = sign(r, &headers, signer, o, buf_str(&path), wall_ms);
	if (error)
		s3_request_fini(r);
	free(headers.item);
	arena_fini(&headers.arena);
	buf_fini(&path);
	return error;
}

void s3_request_fini(struct s3_request *r)
{
	buf_fini(&r->url);
	buf_fini(&r->lines);
	free(r->header);
	r->header = NULL;
}

int64_t s3_request_timeout_ms(int64_t size)
{
	return 60000 + size / 64;
}
