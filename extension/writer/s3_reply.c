/* SPDX-License-Identifier: Apache-2.0 */
/* s3_reply.c - see s3_reply.h. */
#include <stdio.h>
#include "writer/s3_reply.h"

#define SEARCH_MAX  8192 /* an error document is shorter */
#define CODE_MAX    64
#define MESSAGE_MAX 120

static const struct {
	const char *code;
	const char *advice;
} advice_table[] = {
	{ "AccessDenied", "the access key may not write there: check its policy" },
	{ "AllAccessDisabled", "the provider disabled the bucket" },
	{ "AuthorizationHeaderMalformed", "check region" },
	{ "BadDigest", "the body was changed on its way" },
	{ "EntityTooLarge", "the object is too large: lower max_flows_per_object" },
	{ "ExpiredToken", "the session token has expired: renew the credentials" },
	{ "IllegalLocationConstraintException", "check endpoint and region" },
	{ "InternalError", "the store has a problem of its own" },
	{ "InvalidAccessKeyId", "the store does not know the access_key" },
	{ "InvalidArgument", "the store does not accept this object" },
	{ "InvalidBucketName", "check the name of the bucket" },
	{ "InvalidDigest", "the body was changed on its way" },
	{ "InvalidToken", "check session_token" },
	{ "KeyTooLongError", "the object's key is too long: shorten the prefix" },
	{ "MetadataTooLarge", "the object's metadata is too large" },
	{ "MethodNotAllowed", "is endpoint an S3 server?" },
	{ "NoSuchKey", "is endpoint an S3 server?" },
	{ "PermanentRedirect", "the bucket is elsewhere: check endpoint and region" },
	{ "QuotaExceeded", "the store is full for this account" },
	{ "RequestTimeTooSkewed", "the clock of this host is wrong" },
	{ "RequestTimeout", "the body came too slowly" },
	{ "ServiceUnavailable", "the store is busy" },
	{ "SignatureDoesNotMatch", "check secret_key" },
	{ "SlowDown", "the store asks for fewer requests" },
	{ "TemporaryRedirect", "the bucket is elsewhere: check endpoint and region" },
	{ "XAmzContentSHA256Mismatch", "the body was changed on its way" },
	{ "XMinioStorageFull", "the store is full" },
};

/* Replies without an error document, from whatever stands in front. */
static const struct {
	int status;
	const char *advice;
} status_table[] = {
	{ 301, "the bucket is elsewhere: check endpoint and region" },
	{ 302, "redirected: check endpoint" },
	{ 307, "the bucket is elsewhere: check endpoint and region" },
	{ 308, "redirected: check endpoint" },
	{ 401, "not authorized: check access_key and secret_key" },
	{ 403, "forbidden: check access_key, secret_key and the bucket's policy" },
	{ 404, "not found: check endpoint and the bucket" },
	{ 405, "is endpoint an S3 server?" },
	{ 407, "the proxy wants credentials" },
	{ 413, "the object is too large for what stands before the store: lower "
	       "max_flows_per_object" },
	{ 429, "the store asks for fewer requests" },
	{ 500, "the store has a problem of its own" },
	{ 502, "the store does not answer what stands before it" },
	{ 503, "the store is busy" },
	{ 504, "the store does not answer what stands before it" },
};

static const char *const refused_codes[] = {
	"EntityTooLarge",
	"InvalidArgument",
	"KeyTooLongError",
	"MetadataTooLarge",
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* What stands between <name> and the next "<"; empty when there is no such
 * thing near the start. */
static struct str s3_reply_element(struct str body, const char *name)
{
	char tag[32];
	struct str found = { NULL, 0 };
	const char *at;
	size_t tag_len;

	if (body.len > SEARCH_MAX)
		body.len = SEARCH_MAX;
	tag_len = (size_t)snprintf(tag, sizeof(tag), "<%s>", name);
	at = body.len ? memmem(body.ptr, body.len, tag, tag_len) : NULL;
	if (!at)
		return found;
	body = str_skip(body, (size_t)(at - body.ptr) + tag_len);
	found = str_until(body, '<');
	return found.len < body.len ? found : (struct str){ NULL, 0 };
}

static struct str error_code(struct str body)
{
	struct str code = s3_reply_element(body, "Code");
	size_t i;

	if (code.len > CODE_MAX)
		return (struct str){ NULL, 0 };
	for (i = 0; i < code.len; i++)
		if (!((code.ptr[i] >= 'A' && code.ptr[i] <= 'Z') ||
		      (code.ptr[i] >= 'a' && code.ptr[i] <= 'z') ||
		      (code.ptr[i] >= '0' && code.ptr[i] <= '9')))
			return (struct str){ NULL, 0 };
	return code;
}

/* A server that had sent 200 before it failed can say so only in the body. */
static bool is_error_document(struct str body)
{
	if (body.len > SEARCH_MAX)
		body.len = SEARCH_MAX;
	return body.ptr && (memmem(body.ptr, body.len, "<Error>", 7) ||
			    memmem(body.ptr, body.len, "<Error ", 7));
}

/* A 413 without a code comes from a proxy; no mending of the store lets the same
 * body through it. */
static bool is_refused(int status, struct str code)
{
	size_t i;

	if (status == 413 && code.len == 0)
		return true;
	for (i = 0; i < COUNT(refused_codes); i++)
		if (str_is(code, refused_codes[i]))
			return true;
	return false;
}

static const char *advice_of_code(struct str code)
{
	size_t i;

	for (i = 0; i < COUNT(advice_table); i++)
		if (str_is(code, advice_table[i].code))
			return advice_table[i].advice;
	return NULL;
}

static const char *advice_of_status(int status)
{
	size_t i;

	for (i = 0; i < COUNT(status_table); i++)
		if (status_table[i].status == status)
			return status_table[i].advice;
	return "unexpected: is endpoint an S3 server?";
}

/* One printable line: the words are the server's. */
static void s3_reply_make_printable(char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < 0x20 || *text == 0x7f)
			*text = ' ';
}

static void s3_reply_explain(const struct s3_reply *r, struct str code,
			     struct s3_verdict *v)
{
	const char *advice = advice_of_code(code);
	struct str message = s3_reply_element(r->body, "Message");

	if (message.len > MESSAGE_MAX)
		message.len = MESSAGE_MAX;
	if (r->status < 0)
		snprintf(v->text, sizeof(v->text), "%s", r->error);
	else if (r->has_token && (r->status == 401 || r->status == 403))
		snprintf(v->text, sizeof(v->text),
			 "%d%s" STR_FMT ": the store does not "
			 "accept the token of api_key: check its policies",
			 r->status, code.len ? " " : "", STR_ARG(code));
	else if (code.len == 0)
		snprintf(v->text, sizeof(v->text), "%d: %s", r->status,
			 advice_of_status(r->status));
	else if (str_is(code, "NoSuchBucket"))
		snprintf(v->text, sizeof(v->text),
			 "%d NoSuchBucket: the bucket \"" STR_FMT
			 "\" does not exist: make it, or set dirname",
			 r->status, STR_ARG(r->bucket));
	else if (advice)
		snprintf(v->text, sizeof(v->text), "%d " STR_FMT ": %s", r->status,
			 STR_ARG(code), advice);
	else
		snprintf(v->text, sizeof(v->text), "%d " STR_FMT ": " STR_FMT, r->status,
			 STR_ARG(code), STR_ARG(message));
	s3_reply_make_printable(v->text);
}

void s3_reply_read(const struct s3_reply *r, struct s3_verdict *v)
{
	bool ok = r->status >= 200 && r->status < 300 && !is_error_document(r->body);
	struct str code = r->status > 0 && !ok ? error_code(r->body)
					       : (struct str){ NULL, 0 };

	*v = (struct s3_verdict){ .result = PUT_STORED };
	if (ok)
		return;
	v->result = is_refused(r->status, code) ? PUT_REFUSED : PUT_FAILED;
	v->clock_skewed = str_is(code, "RequestTimeTooSkewed");
	s3_reply_explain(r, code, v);
}
