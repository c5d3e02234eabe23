/* SPDX-License-Identifier: Apache-2.0 */
/* s3_request.c - see s3_request.h. */
#include <errno.h>
#include <stdlib.h>
#include "base/arena.h"
#include "pipeline/object.h"
#include "sys/digest.h"
#include "writer/s3_request.h"

#define URL_MAX	    (16 * 1024)
#define HEADERS_MAX (64 * 1024)
#define FIXED_MAX   4 /* Host, Content-Type, -Encoding, -MD5 */

/* Headers that are being collected; the values live in the arena. */
struct list {
	struct sigv4_header *item;
	size_t count;
	struct arena arena;
};

/* The domains of AWS's partitions, by the beginning of their regions (AWS General
 * Reference, "Partitions"; botocore's endpoints.json). */
static const char *partition_domain(struct str region)
{
	static const struct {
		const char *region, *domain;
	} partitions[] = {
		{ "cn-", "amazonaws.com.cn" },	  { "us-iso-", "c2s.ic.gov" },
		{ "us-isob-", "sc2s.sgov.gov" },  { "us-isof-", "csp.hci.ic.gov" },
		{ "eu-isoe-", "cloud.adc-e.uk" }, { "eusc-", "amazonaws.eu" },
		{ "", "amazonaws.com" },
	};
	size_t i = 0;

	while (!str_starts(region, str_of(partitions[i].region)))
		i++;
	return partitions[i].domain;
}

int s3_endpoint(struct str text, struct str region, struct buf *made, struct endpoint *e,
		struct err *err)
{
	int error;

	if (text.len == 0) {
		buf_reset(made);
		buf_puts(made, "https://s3.");
		buf_put(made, region);
		buf_printf(made, ".%s", partition_domain(region));
		if (buf_error(made))
			return buf_error(made);
		text = buf_str(made);
	}
	error = endpoint_parse_below(text, e, err);
	if (error)
		return error;
	if (e->scheme == ENDPOINT_NONE)
		e->scheme = ENDPOINT_HTTPS;
	return e->host.len ? 0 : err_set(err, "it names no host");
}

/* Not added when empty: libcurl would leave it out, signed or not. A control
 * character would end the line, so it becomes a blank. */
static void s3_request_add(struct list *l, struct str name, struct str value)
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

static void s3_request_add_metadata(struct list *l, const struct map_of_str *metadata)
{
	struct buf name = BUF_INIT(1024);
	size_t i;

	for (i = 0; i < metadata->count; i++) {
		buf_reset(&name);
		buf_puts(&name, "x-amz-meta-");
		buf_put(&name, metadata->name[i]);
		if (buf_error(&name))
			l->arena.error = buf_error(&name);
		s3_request_add(l, arena_str(&l->arena, buf_str(&name)),
			       metadata->value[i]);
	}
	buf_fini(&name);
}

static int s3_request_collect(struct list *l, const struct endpoint *e,
			      const struct sealed *o)
{
	struct buf text = BUF_INIT(1024);
	int error;

	l->item = calloc(FIXED_MAX + o->metadata.count, sizeof(*l->item));
	if (!l->item)
		return -ENOMEM;
	endpoint_put_host(&text, e);
	error = buf_error(&text);
	s3_request_add(l, STR("Host"), buf_str(&text));
	s3_request_add(l, STR("Content-Type"), o->content_type);
	s3_request_add(l, STR("Content-Encoding"), o->content_encoding);
	buf_reset(&text);
	digest_put_base64(&text, o->md5, sizeof(o->md5));
	error = error ? error : buf_error(&text);
	s3_request_add(l, STR("Content-MD5"), buf_str(&text));
	s3_request_add_metadata(l, &o->metadata);
	buf_fini(&text);
	return error ? error : arena_error(&l->arena);
}

/* Stores show their users endpoints that end in the bucket, as R2 does: whoever says it
 * twice means it once. */
struct str s3_path_above(const struct endpoint *e, struct str dirname)
{
	struct str path = e->path;
	size_t above = path.len - dirname.len;

	if (dirname.len && path.len > dirname.len && path.ptr[above - 1] == '/' &&
	    str_equal(str_skip(path, above), dirname))
		path.len = above - 1;
	return path;
}

static int put_url(struct s3_request *r, const struct endpoint *e, const struct sealed *o,
		   struct buf *path)
{
	struct buf key = BUF_INIT(URL_MAX);

	object_key_clean(o->key, &key);
	buf_put(path, s3_path_above(e, o->dirname));
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

static void put_line(struct s3_request *r, const char *name, struct str value)
{
	buf_puts(&r->lines, name);
	buf_put(&r->lines, value);
	buf_putc(&r->lines, '\0');
}

static void put_lines(struct s3_request *r, const struct list *l)
{
	size_t i;

	for (i = 0; i < l->count; i++) {
		buf_put(&r->lines, l->item[i].name);
		put_line(r, ": ", l->item[i].value);
	}
}

/* Lines first, pointers when the lines do not move any more. */
static int point_to_lines(struct s3_request *r)
{
	size_t i, lines = 0;
	const char *at;

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

/* Who sends it: one of the two. */
struct sender {
	struct str method;
	struct str query; /* encoded, or empty */
	struct sigv4_signer *signer;
	int64_t wall_ms;
	struct str token;
};

static int s3_request_sign(struct s3_request *r, const struct list *l,
			   const struct sender *sender, struct str path, struct str hash)
{
	struct sigv4_request request = {
		.method = sender->method,
		.path = path,
		.query = sender->query,
		.header = l->item,
		.count = l->count,
		.payload_sha256 = hash,
	};
	struct sigv4_signature signature;
	int error;

	sigv4_signature_init(&signature);
	error = sigv4_sign(sender->signer, &request, sender->wall_ms, &signature);
	if (!error)
		sigv4_put_headers(&r->lines, sender->signer, &request, &signature);
	sigv4_signature_fini(&signature);
	return error;
}

static int s3_request_put_headers(struct s3_request *r, const struct list *l,
				  const struct sender *sender,
				  const unsigned char sha256[SHA256_SIZE],
				  struct str path)
{
	struct buf hash = BUF_INIT(128);
	int error;

	digest_put_hex(&hash, sha256, SHA256_SIZE);
	error = buf_error(&hash);
	put_lines(r, l);
	if (!error && sender->signer) {
		error = s3_request_sign(r, l, sender, path, buf_str(&hash));
	} else if (!error) {
		put_line(r, "X-Amz-Content-Sha256: ", buf_str(&hash));
		put_line(r, "Authorization: Bearer ", sender->token);
	}
	buf_fini(&hash);
	return error ? error : point_to_lines(r);
}

static int request_init(struct s3_request *r, const struct endpoint *e,
			const struct sender *sender, const struct sealed *o)
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
		error = s3_request_collect(&headers, e, o);
	if (!error)
		error = s3_request_put_headers(r, &headers, sender, o->sha256,
					       buf_str(&path));
	if (error)
		s3_request_fini(r);
	free(headers.item);
	arena_fini(&headers.arena);
	buf_fini(&path);
	return error;
}

int s3_request_init(struct s3_request *r, const struct endpoint *e,
		    struct sigv4_signer *signer, const struct sealed *o, int64_t wall_ms)
{
	struct sender sender = {
		.method = o->removes ? STR("DELETE") : STR("PUT"),
		.signer = signer,
		.wall_ms = wall_ms,
	};

	return request_init(r, e, &sender, o);
}

int s3_request_init_token(struct s3_request *r, const struct endpoint *e,
			  struct str token, const struct sealed *o)
{
	struct sender sender = { .token = token };

	return request_init(r, e, &sender, o);
}

/* Its body is empty. */
static int put_list_headers(struct s3_request *r, const struct endpoint *e,
			    const struct sender *sender, struct str path)
{
	struct buf host = BUF_INIT(1024);
	struct sigv4_header header = { .name = STR("Host") };
	const struct list headers = { .item = &header, .count = 1 };
	unsigned char sha256[SHA256_SIZE];
	int error = digest_sha256((struct str){ NULL, 0 }, sha256);

	endpoint_put_host(&host, e);
	header.value = buf_str(&host);
	if (!error)
		error = buf_error(&host);
	if (!error)
		error = s3_request_put_headers(r, &headers, sender, sha256, path);
	buf_fini(&host);
	return error;
}

static int list_init(struct s3_request *r, const struct endpoint *e,
		     const struct sender *sender, struct str dirname)
{
	struct buf path = BUF_INIT(URL_MAX);
	int error;

	*r = (struct s3_request){
		.url = BUF_INIT(URL_MAX),
		.lines = BUF_INIT(HEADERS_MAX),
	};
	buf_put(&path, s3_path_above(e, dirname));
	buf_putc(&path, '/');
	sigv4_put_path(&path, dirname);
	endpoint_put_url(&r->url, e);
	buf_put(&r->url, buf_str(&path));
	buf_putc(&r->url, '?');
	buf_put(&r->url, sender->query);
	error = buf_error(&path) ? buf_error(&path) : buf_error(&r->url);
	if (!error)
		error = put_list_headers(r, e, sender, buf_str(&path));
	if (error)
		s3_request_fini(r);
	buf_fini(&path);
	return error;
}

int s3_request_init_list(struct s3_request *r, const struct endpoint *e,
			 struct sigv4_signer *signer, struct str dirname,
			 struct str query, int64_t wall_ms)
{
	struct sender sender = {
		.method = STR("GET"),
		.query = query,
		.signer = signer,
		.wall_ms = wall_ms,
	};

	return list_init(r, e, &sender, dirname);
}

int s3_request_init_list_token(struct s3_request *r, const struct endpoint *e,
			       struct str token, struct str dirname, struct str query)
{
	struct sender sender = { .query = query, .token = token };

	return list_init(r, e, &sender, dirname);
}

void s3_request_fini(struct s3_request *r)
{
	if (r->lines.ptr)
		explicit_bzero(r->lines.ptr, r->lines.cap);
	buf_fini(&r->url);
	buf_fini(&r->lines);
	free(r->header);
	r->header = NULL;
}

int64_t s3_request_timeout_ms(int64_t size)
{
	return 60000 + size / 64;
}
