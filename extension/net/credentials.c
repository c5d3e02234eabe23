/* SPDX-License-Identifier: Apache-2.0 */
/* credentials.c - see credentials.h. */
#include "base/base64.h"
#include "format/json_read.h"
#include "net/credentials.h"

#define ARENA_MAX ((size_t)64 * 1024)
#define PAIR_MAX  ((size_t)64 * 1024)

struct login_reply {
	struct str token;
};

static const struct shape login_shape = {
	.name = "login",
	.size = sizeof(struct login_reply),
	.fields =
		(const struct field[]){
			FIELD(struct login_reply, token, "Token", 0),
			{ 0 },
		},
};

void credentials_put_basic(struct buf *b, struct str username, struct str password)
{
	struct buf pair = BUF_INIT(PAIR_MAX);

	buf_put(&pair, username);
	buf_putc(&pair, ':');
	buf_put(&pair, password);
	buf_puts(b, "Authorization: Basic ");
	base64_put(b, buf_str(&pair));
	if (buf_error(&pair))
		b->error = buf_error(&pair);
	credentials_forget(&pair);
}

void credentials_put_cookie(struct buf *b, struct str token, struct str cookies)
{
	buf_printf(b, "Cookie: authtoken=" STR_FMT "%s" STR_FMT, STR_ARG(token),
		   cookies.len ? "; " : "", STR_ARG(cookies));
}

static bool credentials_is_letter_or_digit(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

static void put_encoded(struct buf *b, struct str value)
{
	size_t i;

	for (i = 0; i < value.len; i++) {
		char c = value.ptr[i];

		if (credentials_is_letter_or_digit(c) || c == '-' || c == '_' ||
		    c == '.' || c == '~')
			buf_putc(b, c);
		else
			buf_printf(b, "%%%02X", (unsigned)(unsigned char)c);
	}
}

void credentials_put_form(struct buf *b, struct str username, struct str password)
{
	buf_puts(b, "username=");
	put_encoded(b, username);
	buf_puts(b, "&password=");
	put_encoded(b, password);
}

/* What a cookie may hold, RFC 6265 section 4.1.1. */
static bool is_cookie_value(struct str s)
{
	size_t i;

	for (i = 0; i < s.len; i++)
		if (s.ptr[i] <= 0x20 || s.ptr[i] >= 0x7f || strchr("\",;\\", s.ptr[i]))
			return false;
	return true;
}

int credentials_read_token(int status, struct str body, struct buf *token,
			   struct err *err)
{
	struct arena arena = ARENA_INIT(ARENA_MAX);
	struct login_reply reply = { .token = STR("") };
	struct json_reader r;
	int error = 0;

	if (status != 200)
		return err_set(err, "POST /login is answered with %d", status);
	json_reader_init(&r, body, &arena);
	if (!json_read_object(&r, &login_shape, &reply))
		error = err_set(err, "POST /login is not answered with JSON");
	else if (!is_cookie_value(reply.token))
		error = err_set(err, "POST /login gives a token that no cookie can hold");
	else
		buf_put(token, reply.token);
	if (!error && buf_error(token))
		error = err_set(err, "POST /login gives a token that is too long");
	arena_fini(&arena);
	return error;
}

void credentials_forget(struct buf *b)
{
	if (b->ptr)
		explicit_bzero(b->ptr, b->cap);
	buf_fini(b);
}
