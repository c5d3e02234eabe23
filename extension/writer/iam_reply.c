/* SPDX-License-Identifier: Apache-2.0 */
/* iam_reply.c - see iam_reply.h. What IAM says about a failure is not repeated
 * but for its code: it may well quote the key. */
#include <stdio.h>
#include "format/json_read.h"
#include "writer/iam_reply.h"
#include "writer/pause.h"

#define ARENA_MAX      ((size_t)64 * 1024)
#define TOKEN_MAX      ((size_t)16 * 1024)
#define CODE_MAX       32
#define LIFETIME_MAX_S 86400
#define MARGIN_MS      60000
#define BACKOFF_MIN_MS 1000
#define BACKOFF_MAX_MS 60000

struct answer {
	struct str access_token;
	int64_t expires_in;
	struct str error_code;
};

static const struct shape answer_shape = {
	.name = "token",
	.size = sizeof(struct answer),
	.fields =
		(const struct field[]){
			FIELD(struct answer, access_token, "access_token", 0),
			FIELD(struct answer, expires_in, "expires_in", 0),
			FIELD(struct answer, error_code, "errorCode", 0),
			{ 0 },
		},
};

struct failure {
	struct str code;
};

static const struct shape failure_shape = {
	.name = "failure",
	.size = sizeof(struct failure),
	.fields =
		(const struct field[]){
			FIELD(struct failure, code, "errorCode", 0),
			{ 0 },
		},
};

static const struct {
	int status;
	const char *advice;
} status_table[] = {
	{ 400, "it does not accept the key: check api_key" },
	{ 401, "it does not accept the key: check api_key" },
	{ 403, "it does not accept the key: check api_key" },
	{ 404, "not found: check iam_endpoint" },
	{ 405, "is iam_endpoint that of a token service?" },
	{ 407, "the proxy wants credentials" },
	{ 429, "it asks for fewer requests" },
	{ 500, "it has an internal error" },
	{ 502, "a proxy before it gets no answer" },
	{ 503, "it is busy" },
	{ 504, "a proxy before it gets no answer" },
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

const char *const iam_headers[] = {
	"Authorization: Basic Yng6Yng=",
	"Accept: application/json",
	"Cache-Control: no-Cache",
	"Content-Type: application/x-www-form-urlencoded",
	NULL,
};

static bool iam_reply_is_letter_or_digit(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

void iam_put_form(struct buf *b, struct str api_key)
{
	size_t i;

	buf_puts(b, "apikey=");
	for (i = 0; i < api_key.len; i++) {
		char c = api_key.ptr[i];

		if (iam_reply_is_letter_or_digit(c) || c == '-' || c == '_' || c == '.' ||
		    c == '~')
			buf_putc(b, c);
		else if (c == ' ')
			buf_putc(b, '+');
		else
			buf_printf(b, "%%%02X", (unsigned)(unsigned char)c);
	}
	buf_puts(b, "&grant_type=urn%3Aibm%3Aparams%3Aoauth%3Agrant-type%3Aapikey"
		    "&response_type=cloud_iam");
}

/* It becomes part of a header. RFC 6750 section 2.1 allows less than this. */
static bool is_token(struct str s)
{
	size_t i;

	for (i = 0; i < s.len; i++)
		if (s.ptr[i] <= 0x20 || s.ptr[i] >= 0x7f)
			return false;
	return s.len > 0 && s.len <= TOKEN_MAX;
}

/* " BXNIM0415E", or nothing. */
static void put_code(struct str code, char *text, size_t size)
{
	size_t i;

	text[0] = '\0';
	if (code.len == 0 || code.len > CODE_MAX)
		return;
	for (i = 0; i < code.len; i++)
		if (!iam_reply_is_letter_or_digit(code.ptr[i]))
			return;
	snprintf(text, size, " " STR_FMT, STR_ARG(code));
}

static void read_token(struct str body, struct arena *arena, struct buf *token,
		       struct iam_verdict *v)
{
	struct answer answer = { .expires_in = 0 };
	struct json_reader reader;
	char code[CODE_MAX + 2];

	json_reader_init(&reader, body, arena);
	if (!json_read_object(&reader, &answer_shape, &answer) || !json_at_end(&reader)) {
		snprintf(v->text, sizeof(v->text),
			 "IAM: its answer is not a token: check iam_endpoint");
	} else if (answer.error_code.len || !is_token(answer.access_token)) {
		put_code(answer.error_code, code, sizeof(code));
		snprintf(v->text, sizeof(v->text),
			 "IAM: its answer holds no usable "
			 "access_token: check iam_endpoint%s%s",
			 answer.error_code.len ? "; it is an error" : "", code);
	} else if (answer.expires_in <= 0) {
		snprintf(v->text, sizeof(v->text),
			 "IAM: its answer says no expires_in: check iam_endpoint");
	} else {
		v->ok = true;
		v->lifetime_ms = 1000 * (answer.expires_in < LIFETIME_MAX_S
						 ? answer.expires_in
						 : LIFETIME_MAX_S);
		buf_put(token, answer.access_token);
	}
}

static void read_failure(const struct iam_reply *r, struct arena *arena,
			 struct iam_verdict *v)
{
	const char *advice = "unexpected: check iam_endpoint";
	struct failure failure = { .code = STR("") };
	struct json_reader reader;
	char code[CODE_MAX + 2];
	size_t i;

	for (i = 0; i < COUNT(status_table); i++)
		if (status_table[i].status == r->status)
			advice = status_table[i].advice;
	json_reader_init(&reader, r->body, arena);
	if (!json_read_object(&reader, &failure_shape, &failure))
		failure.code = STR("");
	put_code(failure.code, code, sizeof(code));
	snprintf(v->text, sizeof(v->text), "IAM: %d%s: %s", r->status, code, advice);
}

void iam_reply_read(const struct iam_reply *r, struct buf *token, struct iam_verdict *v)
{
	struct arena arena = ARENA_INIT(ARENA_MAX);

	*v = (struct iam_verdict){ .ok = false };
	if (r->status < 0)
		snprintf(v->text, sizeof(v->text), "IAM: %s", r->error);
	else if (r->status == 200)
		read_token(r->body, &arena, token, v);
	else
		read_failure(r, &arena, v);
	if (v->ok && buf_error(token)) {
		v->ok = false;
		snprintf(v->text, sizeof(v->text), "IAM: no memory for a token");
	}
	arena_fini(&arena);
}

void iam_times(int64_t lifetime_ms, uint64_t random, struct iam_times *t)
{
	int64_t left_ms = lifetime_ms / 4;
	int64_t spread_ms = left_ms / 5;
	int64_t margin_ms = lifetime_ms / 8 < MARGIN_MS ? lifetime_ms / 8 : MARGIN_MS;

	t->refresh_ms = lifetime_ms - left_ms - spread_ms / 2 +
			(int64_t)(random % (uint64_t)(spread_ms + 1));
	t->usable_ms = lifetime_ms - margin_ms;
}

int64_t iam_backoff_ms(unsigned failures, uint64_t random)
{
	int64_t most = BACKOFF_MIN_MS;

	for (; failures > 1 && most < BACKOFF_MAX_MS; failures--)
		most *= 2;
	if (most > BACKOFF_MAX_MS)
		most = BACKOFF_MAX_MS;
	return most / 2 + (int64_t)(random % (uint64_t)(most / 2 + 1));
}

int64_t iam_pause_ms(unsigned failures, int64_t asked_ms, uint64_t random)
{
	int64_t backoff_ms = iam_backoff_ms(failures, random);
	int64_t heeded_ms = pause_heeded_ms(asked_ms);

	return heeded_ms > backoff_ms ? heeded_ms : backoff_ms;
}
