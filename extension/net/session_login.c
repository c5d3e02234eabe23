/* SPDX-License-Identifier: Apache-2.0 */
/* session_login.c - POST /login, for analyzers that do not take the credentials
 * as they are: see net/credentials.h.
 *
 * It is asked as HTTP/1.0: then the answer is not in chunks, and it ends with
 * the connection.
 */
#include <errno.h>
#include <stdio.h>
#include "net/credentials.h"
#include "net/session_private.h"
#include "sys/clock.h"

#define LOGIN_MS   10000
#define ANSWER_MAX ((size_t)256 * 1024)

static int send_login(struct session *s)
{
	const struct session_identity *id = s->options.identity;
	struct buf form = BUF_INIT(TOKEN_MAX);

	credentials_put_form(&form, id->username, id->password);
	buf_printf(&s->out,
		   "POST /login HTTP/1.0\r\nHost: " STR_FMT "\r\n"
		   "Content-Type: application/x-www-form-urlencoded\r\n"
		   "Content-Length: %zu\r\n",
		   STR_ARG(s->options.url.host), form.len);
	if (id->cookie.len)
		buf_printf(&s->out, "Cookie: " STR_FMT "\r\n", STR_ARG(id->cookie));
	buf_puts(&s->out, "\r\n");
	buf_put(&s->out, buf_str(&form));
	if (buf_error(&form))
		s->out.error = buf_error(&form);
	credentials_forget(&form);
	return session_send(s);
}

/* Until the other side closes. 0 or -errno. */
static int receive_answer(struct session *s, struct buf *answer)
{
	int64_t until_ms = clock_now().mono_ms + LOGIN_MS;
	ssize_t n = -EAGAIN;

	while (n == -EAGAIN || n > 0) {
		if (!session_wait(s, until_ms, true) &&
		    (atomic_load(&s->is_stopping) || clock_now().mono_ms >= until_ms))
			return -ETIMEDOUT;
		n = connection_receive(s->connection, s->bytes, sizeof(s->bytes));
		if (n > 0)
			buf_put(answer, (struct str){ s->bytes, (size_t)n });
		if (buf_error(answer))
			return buf_error(answer);
	}
	return (int)n;
}

static int log_in_read_answer(struct session *s, struct str answer, struct err *err)
{
	struct websocket_reply reply;

	if (websocket_read_reply(answer, STR(""), &reply))
		return err_set(err, "POST /login is not answered with HTTP");
	return credentials_read_token(reply.status, str_skip(answer, reply.size),
				      &s->token, err);
}

static int log_in_exchange(struct session *s, struct err *err)
{
	struct buf answer = BUF_INIT(ANSWER_MAX);
	int error = send_login(s);

	if (!error)
		error = receive_answer(s, &answer);
	if (!error)
		error = log_in_read_answer(s, buf_str(&answer), err);
	else
		err_set(err, "POST /login: %s", strerror(-error));
	explicit_bzero(s->bytes, sizeof(s->bytes));
	credentials_forget(&answer);
	return error;
}

int session_log_in(struct session *s, struct err *err)
{
	struct err why = ERR_INIT;
	int error = -EINVAL;

	if (!s->options.identity->username.len)
		return error;
	if (session_connect(s, &why) == 0)
		error = log_in_exchange(s, &why);
	session_disconnect(s);
	if (!error && !s->token.len)
		error = err_set(&why, "POST /login gives no token");
	if (error) {
		buf_reset(&s->token);
		err_prefix(&why, "%s", err->text);
		*err = why;
		return -EINVAL;
	}
	atomic_fetch_add(&s->options.counters->logins, 1);
	log_write(s->options.log, LOG_INFO,
		  "%s=" STR_FMT " login=done the credentials were exchanged for a "
		  "token with POST /login",
		  s->options.what, STR_ARG(s->options.url.shown));
	return 0;
}
