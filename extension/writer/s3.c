/* SPDX-License-Identifier: Apache-2.0 */
/* s3.c - the writer for object stores that speak S3: its keys and its life. */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include "net/header_text.h"
#include "writer/s3_private.h"
#include "sys/clock.h"

#define URL_MAX	      4096
#define IAM_ENDPOINT  "https://iam.cloud.ibm.com/identity/token"
#define REGION	      "us-east-1"
#define PATH_SIZE_MAX 4096

static const struct s3 defaults = {
	.iam_endpoint = { IAM_ENDPOINT, sizeof(IAM_ENDPOINT) - 1 },
};

static const struct field fields[] = {
	OPTION(struct s3, endpoint, "endpoint", 0,
	       "URL of the store; https without a scheme; empty is Amazon's of the region"),
	OPTION(struct s3, region, "region", 0,
	       "region to sign for; when empty $AWS_REGION, else us-east-1"),
	OPTION(struct s3, access_key, "access_key", 0, "id of the key to sign with"),
	OPTION(struct s3, access_key_file, "access_key_file", 0,
	       "file that holds access_key; read again when it changes"),
	OPTION(struct s3, secret_key, "secret_key", FIELD_SECRET, "the key to sign with"),
	OPTION(struct s3, secret_key_file, "secret_key_file", 0,
	       "file that holds secret_key; read again when it changes"),
	OPTION(struct s3, session_token, "session_token", FIELD_SECRET,
	       "token that comes with temporary keys"),
	OPTION(struct s3, api_key, "api_key", FIELD_SECRET,
	       "IBM IAM key, in place of access_key and secret_key"),
	OPTION(struct s3, api_key_file, "api_key_file", 0,
	       "file that holds api_key; read again when it changes"),
	OPTION(struct s3, iam_endpoint, "iam_endpoint", 0,
	       "URL that gives tokens for api_key"),
	OPTION(struct s3, ca_cert, "ca_cert", 0,
	       "file of the CAs to trust, for the store and for IAM, in place of the "
	       "system's"),
	{ .name = NULL },
};

static const struct shape s3_shape = {
	.name = "s3",
	.size = sizeof(struct s3),
	.fields = fields,
	.defaults = &defaults,
};

static bool uses_iam(const struct s3 *s)
{
	return s->api_key.len || s->api_key_file.len;
}

static int open_secret(struct secret *secret, const char *key, struct str given,
		       struct str file, struct err *err)
{
	struct err why = ERR_INIT;
	char file_key[64];
	int error;

	snprintf(file_key, sizeof(file_key), "%s_file", key);
	if (given.len && file.len)
		return err_set_key(err, file_key,
				   "%s is set too: only one of the two can be", key);
	if (secret_has_blank_end(given))
		return err_set_key(err, key, SECRET_BLANK_REASON);
	if (!given.len && !file.len)
		return err_set_key(err, key, "it must be set");
	error = secret_open(secret, given, file, clock_now().mono_ms, &why);
	if (error < 0)
		err_set_key(err, file.len ? file_key : key, "%s", why.text);
	return error;
}

/* api_key takes precedence; the others are not looked at then. */
static int open_secrets(struct s3 *s, struct err *err)
{
	int error, second;

	if (uses_iam(s))
		return open_secret(&s->api_secret, "api_key", s->api_key, s->api_key_file,
				   err);
	error = open_secret(&s->access_secret, "access_key", s->access_key,
			    s->access_key_file, err);
	if (error && !(err && err->hear))
		return error;
	err_also(err);
	second = open_secret(&s->signing_secret, "secret_key", s->secret_key,
			     s->secret_key_file, err);
	return error ? error : second;
}

static int find_server(struct s3 *s, struct err *err)
{
	struct err why = ERR_INIT;
	int error;

	if (uses_iam(s) && !s->endpoint.len)
		return err_set_key(err, "endpoint", "it must be set when api_key is");
	error = s3_endpoint(s->endpoint, s->signer.region, &s->made_endpoint, &s->server,
			    &why);
	if (error)
		err_set_key(err, "endpoint", "not the URL of a store: %s",
			    why.text[0] ? why.text : "too long");
	return error;
}

static int set_tls(struct s3 *s, struct err *err)
{
	buf_put(&s->ca_path, s->ca_cert);
	if (buf_error(&s->ca_path))
		return err_set_key(err, "ca_cert", "it is too long");
	s->tls.ca_cert = s->ca_path.ptr;
	return 0;
}

static int start_iam(struct s3 *s, struct err *err)
{
	struct iam_parts parts = {
		.http = s->http,
		.endpoint = s->iam_endpoint,
		.api_key = &s->api_secret,
		.tls = &s->tls,
		.changed = s3_token_changed,
		.context = s,
		.seed = (uint64_t)clock_now().wall_ms * 1099511628211u ^ (uintptr_t)s,
	};
	struct err why = ERR_INIT;

	if (iam_check_endpoint(s->iam_endpoint, &why))
		return err_set_key(err, "iam_endpoint", "%s", why.text);
	if (!s->http)
		return 0;
	s->iam = iam_new(&parts);
	return s->iam ? 0 : err_set(err, "out of memory");
}

/* It stands in every signature. */
static bool is_region(struct str region)
{
	size_t i;

	for (i = 0; i < region.len; i++)
		if ((unsigned char)region.ptr[i] <= ' ' || region.ptr[i] == '/' ||
		    (unsigned char)region.ptr[i] >= 0x7f)
			return false;
	return true;
}

static int check_session_token(struct s3 *s, struct err *err)
{
	if (secret_has_blank_end(s->session_token))
		return err_set_key(err, "session_token", SECRET_BLANK_REASON);
	if (!header_text_fits(s->session_token))
		return err_set_key(err, "session_token", HEADER_TEXT_REASON);
	return 0;
}

static int choose_region(struct s3 *s, struct err *err)
{
	struct str region = s->region;

	if (!region.len)
		region = secret_environment("AWS_REGION");
	if (!is_region(region))
		return err_set_key(
			err, "region",
			"holds a blank, a slash or something else that no name "
			"of a region has; was it pasted?");
	buf_put(&s->used_region, region.len ? region : STR(REGION));
	s->signer.region = buf_str(&s->used_region);
	return buf_error(&s->used_region) ? err_set_key(err, "region", "it is too long")
					  : 0;
}

static void s3_fini(void *self)
{
	struct s3 *s = self;

	if (!s->is_ready)
		return;
	s->is_ready = false;
	iam_free(s->iam);
	s->iam = NULL;
	secret_close(&s->api_secret);
	secret_close(&s->access_secret);
	secret_close(&s->signing_secret);
	explicit_bzero(&s->signer, sizeof(s->signer));
	buf_fini(&s->made_endpoint);
	buf_fini(&s->used_region);
	buf_fini(&s->ca_path);
	pthread_mutex_destroy(&s->lock);
}

static void s3_prepare(struct s3 *s, struct http *http)
{
	s->is_ready = true;
	s->http = http;
	s->made_endpoint = (struct buf)BUF_INIT(1024);
	s->used_region = (struct buf)BUF_INIT(256);
	s->ca_path = (struct buf)BUF_INIT(PATH_SIZE_MAX);
	s->tls = (struct tls_files){ .ca_cert = NULL };
	s->skew_ms = 0;
	s->signer = (struct sigv4_signer){
		.session_token = s->session_token,
		.service = STR("s3"),
	};
	pthread_mutex_init(&s->lock, NULL);
}

static int prepare_iam(struct s3 *s, struct err *err)
{
	return uses_iam(s) ? start_iam(s, err) : 0;
}

/* See writer.h. */
static int s3_init(void *self, const struct writer_around *around, struct err *err)
{
	static int (*const parts[])(struct s3 *, struct err *) = {
		open_secrets, check_session_token, choose_region, find_server,
		set_tls,      prepare_iam,
	};
	struct s3 *s = self;
	int error = 0, bad;
	size_t i;

	s3_prepare(s, around ? around->http : NULL);
	/* Who wants to hear of all of it begins nothing. */
	for (i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		if (error && !(err && err->hear))
			break;
		err_also(err);
		bad = parts[i](s, err);
		error = error ? error : bad;
	}
	if (error)
		s3_fini(s);
	else
		s3_set_keys(s);
	return error;
}

static enum token_state s3_token(void *self, char *why, size_t size)
{
	const struct s3 *s = self;

	*why = '\0';
	return s->iam ? iam_token_state(s->iam, clock_now().mono_ms, why, size)
		      : TOKEN_UNUSED;
}

/* Hosts are compared without regard to case, and a dot at their end is no other. */
static void s3_put_place(const void *state, struct str key, struct buf *b)
{
	const struct s3 *s = state;
	struct buf made = BUF_INIT(1024), url = BUF_INIT(URL_MAX);
	struct err ignored = ERR_INIT;
	struct endpoint e;
	size_t i;

	if (s3_endpoint(s->endpoint, s->region.len ? s->region : STR(REGION), &made, &e,
			&ignored) == 0) {
		while (e.host.len && e.host.ptr[e.host.len - 1] == '.')
			e.host.len--;
		endpoint_put_url(&url, &e);
		buf_put(&url, s3_path_above(&e, str_until(key, '/')));
	} else {
		buf_put(&url, s->endpoint);
	}
	for (i = 0; i < url.len; i++)
		buf_putc(b, (char)tolower((unsigned char)url.ptr[i]));
	buf_putc(b, '/');
	buf_put(b, key);
	buf_fini(&made);
	buf_fini(&url);
}

/* Without TLS, and to another host. */
static bool is_bare(struct str url)
{
	struct err ignored = ERR_INIT;
	struct endpoint e;

	return endpoint_parse_below(url, &e, &ignored) == 0 &&
	       e.scheme == ENDPOINT_HTTP && !endpoint_is_this_host(&e);
}

/* What is rather a server of one's own, which may well speak http. */
static bool lacks_scheme(struct str url)
{
	struct err ignored = ERR_INIT;
	struct endpoint e;

	return url.len && endpoint_parse_below(url, &e, &ignored) == 0 &&
	       e.scheme == ENDPOINT_NONE &&
	       (e.port || str_until(e.host, '.').len == e.host.len ||
		(e.host.ptr[0] >= '0' && e.host.ptr[0] <= '9'));
}

/* A key to sign with is never sent. */
static bool s3_advise(const void *values, bool are_flows, struct err *err)
{
	const struct s3 *s = values;
	bool is_key = is_bare(s->iam_endpoint);

	(void)are_flows;

	if (lacks_scheme(s->endpoint))
		err_set_key(err, "endpoint",
			    "\"" STR_FMT
			    "\" has no scheme, so https:// is taken; write it, "
			    "or http:// if that is what the store speaks",
			    STR_ARG(s->endpoint));
	if (uses_iam(s) && (is_key || is_bare(s->endpoint))) {
		err_also(err);
		err_set_key(
			err, is_key ? "iam_endpoint" : "endpoint",
			"%s goes there without TLS, for everybody on the way to read; "
			"write https://",
			is_key ? "api_key" : "the token for api_key");
	}
	return err->text[0] != '\0';
}

const struct writer writer_s3 = {
	.name = "s3",
	.section = "pipeline.write.s3",
	.state = &s3_shape,
	.init = s3_init,
	.fini = s3_fini,
	.put = s3_put,
	.cancel = s3_cancel,
	.put_place = s3_put_place,
	.list = s3_list,
	.advise = s3_advise,
	.token = s3_token,
};
