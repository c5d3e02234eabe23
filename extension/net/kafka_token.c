/* SPDX-License-Identifier: Apache-2.0 */
/* kafka_token.c - see kafka_token.h. */
#include <stdio.h>
#include "base/arena.h"
#include "base/base64.h"
#include "format/json_read.h"
#include "format/time_text.h"
#include "net/kafka_token.h"

#define CLAIMS_MAX ((size_t)64 * 1024)

struct claims {
	struct raw exp; /* a number, which may have a fraction */
	struct str sub;
};

static const struct shape claims_shape = {
	.name = "claims",
	.size = sizeof(struct claims),
	.fields =
		(const struct field[]){
			FIELD(struct claims, exp, "exp", 0),
			FIELD(struct claims, sub, "sub", 0),
			{ 0 },
		},
};

static bool take_part(struct str *rest, struct str *part)
{
	*part = str_until(*rest, '.');
	if (part->len == rest->len)
		return false;
	*rest = str_skip(*rest, part->len + 1);
	return part->len > 0;
}

/* The bytes of the second of three parts. */
static bool decode(struct str text, struct buf *claims)
{
	struct str header, body, rest = text;
	struct buf unused = BUF_INIT(CLAIMS_MAX);
	bool is_token = take_part(&rest, &header) && take_part(&rest, &body) &&
			base64_url_read(&unused, header) &&
			base64_url_read(claims, body) && base64_url_read(&unused, rest);

	is_token = is_token && !buf_error(claims) && !buf_error(&unused);
	buf_fini(&unused);
	return is_token;
}

static int64_t whole_seconds(struct str number)
{
	int64_t seconds = 0;
	size_t i;

	for (i = 0; i < number.len && i < 12; i++) {
		if (number.ptr[i] < '0' || number.ptr[i] > '9')
			break;
		seconds = 10 * seconds + (number.ptr[i] - '0');
	}
	return seconds;
}

static int read_claims(struct kafka_token *token, struct str text, struct arena *arena,
		       struct err *err)
{
	struct claims claims = { 0 };
	struct json_reader reader;

	json_reader_init(&reader, text, arena);
	if (!json_read_object(&reader, &claims_shape, &claims))
		return err_set(err, "is not a JSON Web Token: its claims are no JSON");
	*token = (struct kafka_token){ .expires_s = whole_seconds(claims.exp.text) };
	snprintf(token->subject, sizeof(token->subject), STR_FMT, STR_ARG(claims.sub));
	if (!token->expires_s)
		return err_set(err, "does not say when it expires (exp)");
	return 0;
}

int kafka_token_read(struct kafka_token *token, struct str text, struct err *err)
{
	struct arena arena = ARENA_INIT(CLAIMS_MAX);
	struct buf claims = BUF_INIT(CLAIMS_MAX);
	int error;

	if (decode(text, &claims))
		error = read_claims(token, buf_str(&claims), &arena, err);
	else
		error = err_set(err, "is not a JSON Web Token: that is three parts of "
				     "base64url with dots between");
	buf_fini(&claims);
	arena_fini(&arena);
	return error;
}

int kafka_token_check(struct kafka_token *token, struct str text, int64_t now_s,
		      struct err *err)
{
	char when[TIME_TEXT_SIZE];
	int error = kafka_token_read(token, text, err);

	if (error || token->expires_s > now_s)
		return error;
	time_text_rfc3339(when, token->expires_s);
	return err_set(err, "expired at %s: put a new one there", when);
}
