/* SPDX-License-Identifier: Apache-2.0 */
/* s3_reply.c - see s3_reply.h. */
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include "writer/s3_reply.h"
#include "writer/s3_words.h"

#define MESSAGE_MAX 240
#define WORD_MAX    80

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
	{ "InternalError", "the store has an internal error" },
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
	{ 413, "the object is too large for a proxy before the store: lower "
	       "max_flows_per_object" },
	{ 429, "the store asks for fewer requests" },
	{ 500, "the store has an internal error" },
	{ 502, "a proxy before the store gets no answer" },
	{ 503, "the store is busy" },
	{ 504, "a proxy before the store gets no answer" },
};

/* What speaks of one object. */
static const int refused_status[] = { 400, 413, 414, 422, 431 };
static const char *const refused_codes[] = {
	"EntityTooLarge",
	"InvalidArgument",
	"KeyTooLongError",
	"MetadataTooLarge",
};

/* What code or message speak of when it is the account that is not in order,
 * or the way there, whatever the status. */
static const char *const account_words[] = {
	"kms",		"quota",	  "billing",	  "payment",	  "account",
	"encrypt",	"credential",	  "token",	  "signature",	  "authoriz",
	"access",	"region",	  "location",	  "bucket",	  "redirect",
	"endpoint",	"skewed",	  "expired",	  "timeout",	  "digest",
	"sha256",	"throttl",	  "slowdown",	  "subscription", "suspend",
	"disabled",	"storage class",  "storageclass", "full",	  "tls",
	"insufficient", "incompletebody",
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static bool s3_reply_holds(struct str text, const char *word)
{
	size_t len = strlen(word), i;

	for (i = 0; i + len <= text.len; i++)
		if (strncasecmp(text.ptr + i, word, len) == 0)
			return true;
	return false;
}

static bool is_refused(int status, struct str code, struct str message)
{
	size_t i;

	for (i = 0; code.len && i < COUNT(account_words); i++)
		if (s3_reply_holds(code, account_words[i]) ||
		    s3_reply_holds(message, account_words[i]))
			return false;
	for (i = 0; i < COUNT(refused_status); i++)
		if (status == refused_status[i])
			return true;
	for (i = 0; i < COUNT(refused_codes); i++)
		if (str_is(code, refused_codes[i]))
			return true;
	return false;
}

static const char *advice_of_code(struct str code)
{
	size_t i;

	if (str_starts(code, STR("KMS.")))
		return "the store cannot use the key that the bucket is encrypted with";
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

static void put_word(struct buf *b, const char *name, struct str of_body,
		     struct str of_header)
{
	struct str word = of_body.len ? of_body : of_header;

	if (!word.len)
		return;
	buf_printf(b, " %s=", name);
	s3_words_put(b, word, WORD_MAX);
}

/* "403 AccessDenied 'Account is not active'" */
static void put_cause(struct buf *b, const struct s3_reply *r, struct str code)
{
	struct str message = s3_words_message(r->body);

	buf_printf(b, "%d%s" STR_FMT, r->status, code.len ? " " : "", STR_ARG(code));
	if (!message.len)
		return;
	buf_puts(b, " '");
	s3_words_put(b, message, MESSAGE_MAX);
	buf_puts(b, "'");
}

static void put_advice(struct buf *b, const struct s3_reply *r, struct str code)
{
	const char *advice = advice_of_code(code);

	if (r->has_token && (r->status == 401 || r->status == 403))
		buf_puts(b, ": the store does not accept the token of api_key: check its "
			    "policies");
	else if (str_is(code, "NoSuchBucket"))
		buf_printf(b,
			   ": the bucket \"" STR_FMT "\" does not exist: make it, or set "
			   "dirname",
			   STR_ARG(r->bucket));
	else if (r->lists && str_is(code, "AccessDenied"))
		buf_puts(b, ": the access key may not list the bucket: allow "
			    "s3:ListBucket");
	else if (advice)
		buf_printf(b, ": %s", advice);
	else if (!code.len && r->status >= 200 && r->status < 300)
		buf_puts(b, ": the server is no S3 store, check endpoint");
	else if (!code.len)
		buf_printf(b, ": %s", advice_of_status(r->status));
}

static void s3_reply_explain(const struct s3_reply *r, struct str code,
			     struct s3_verdict *v)
{
	struct buf text = BUF_INIT(4096);

	put_cause(&text, r, code);
	snprintf(v->cause, sizeof(v->cause), STR_FMT, STR_ARG(buf_str(&text)));
	put_word(&text, "region", s3_words_element(r->body, "Region"), r->region);
	put_word(&text, "endpoint", s3_words_element(r->body, "Endpoint"), r->location);
	put_word(&text, "request", s3_words_element(r->body, "RequestId"), r->request_id);
	put_advice(&text, r, code);
	snprintf(v->text, sizeof(v->text), STR_FMT, STR_ARG(buf_str(&text)));
	buf_fini(&text);
}

static bool is_success(const struct s3_reply *r)
{
	if (s3_words_is_error(r->body) || s3_words_is_page(r->body))
		return false;
	if (r->removes)
		return r->status == 204 || r->status == 200;
	return r->status == 200 && r->etag.len;
}

void s3_reply_read(const struct s3_reply *r, struct s3_verdict *v)
{
	struct str code;

	*v = (struct s3_verdict){ .result = PUT_FAILED };
	if (r->status < 0) {
		snprintf(v->text, sizeof(v->text), "%s", r->error);
		return;
	}
	if (is_success(r)) {
		v->result = PUT_STORED;
		return;
	}
	code = s3_words_code(r->body);
	if (is_refused(r->status, code, s3_words_message(r->body)))
		v->result = PUT_REFUSED;
	v->clock_skewed = str_is(code, "RequestTimeTooSkewed");
	s3_reply_explain(r, code, v);
}
