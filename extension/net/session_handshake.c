/* SPDX-License-Identifier: Apache-2.0 */
/* session_handshake.c - how a session begins: what is sent, and what the answer
 * means for an operator.
 */
#include <errno.h>
#include <stdio.h>
#include <sys/random.h>
#include "base/base64.h"
#include "net/credentials.h"
#include "net/session_private.h"
#include "sys/clock.h"

#define HANDSHAKE_MS 10000

/* With a token the credentials stay at home. */
static void put_identity(const struct session *s, struct buf *b)
{
	const struct session_identity *id = s->options.identity;

	if (s->token.len) {
		credentials_put_cookie(b, buf_str(&s->token), id->cookie);
		buf_puts(b, "\r\n");
		return;
	}
	if (id->cookie.len)
		buf_printf(b, "Cookie: " STR_FMT "\r\n", STR_ARG(id->cookie));
	if (id->username.len) {
		credentials_put_basic(b, id->username, id->password);
		buf_puts(b, "\r\n");
	}
}

static void shake_put_headers(const struct session *s, struct buf *b)
{
	const char *const *name;

	buf_printf(b,
		   "X-Host-ID: " STR_FMT "\r\nX-Client-Type: skydive-exporter\r\n"
		   "X-Client-Protocol: %s\r\n",
		   STR_ARG(s->options.identity->host_id), s->options.protocol);
	/* One line each: a list in one line would be one namespace. */
	for (name = s->options.namespaces; *name; name++)
		buf_printf(b, "X-Websocket-Namespace: %s\r\n", *name);
	if (s->options.headers)
		buf_puts(b, s->options.headers);
	put_identity(s, b);
}

static void make_key(struct buf *key)
{
	unsigned char random[16] = { 0 };

	if (getrandom(random, sizeof(random), 0) < 0)
		key->error = -errno;
	base64_put(key, (struct str){ (const char *)random, sizeof(random) });
}

static int send_request(struct session *s, struct str key)
{
	struct buf headers = BUF_INIT(32 * 1024);

	shake_put_headers(s, &headers);
	websocket_put_request(&s->out, s->options.url.host, s->options.url.target, key,
			      buf_str(&headers));
	if (buf_error(&headers))
		s->out.error = buf_error(&headers);
	credentials_forget(&headers);
	return session_send(s);
}

/* What a proxy says while the analyzer behind it is away, or has too much to do. An
 * analyzer itself answers 500 to what it does not take for a handshake. */
static bool is_transient(int status)
{
	return status == 408 || status == 425 || status == 429 ||
	       (status > 501 && status < 600 && status != 505);
}

/* Somebody who wants TLS: an alert, or what Go, nginx and others answer in plain. */
static bool wants_tls(const struct session *s)
{
	struct str seen = { s->bytes, s->len };

	if (s->options.url.scheme->is_tls || !seen.len)
		return false;
	if (str_starts(seen, STR("\x15\x03")))
		return true;
	return str_starts(str_skip(str_until(seen, '\r'), 8), STR(" 400")) &&
	       memmem(seen.ptr, seen.len, "HTTPS ", 6);
}

static enum ending shake_foreign(const struct session *s, int status, struct err *err)
{
	char code[16] = "";

	if (status)
		snprintf(code, sizeof(code), "%d: ", status);
	if (wants_tls(s))
		err_set(err, "%sit speaks TLS there: write wss:// in %s", code,
			s->options.url.key);
	else if (!status)
		err_set(err, "it does not speak HTTP; check %s", s->options.url.key);
	else
		err_set(err,
			"%sthis is not a Skydive analyzer, or " STR_FMT " is not its "
			"path; check %s",
			code, STR_ARG(str_until(s->options.url.target, '?')),
			s->options.url.key);
	return ENDING_NO_ANALYZER;
}

static enum ending shake_judge(struct session *s, const struct websocket_reply *reply,
			       struct err *err)
{
	switch (reply->status) {
	case 401:
		s->is_unauthorized = true;
		buf_reset(&s->token);
		err_set(err,
			"401: wrong credentials; check pipeline.subscriber.auth, or "
			"analyzer.auth.cluster.username and password (the analyzer must "
			"know them as an API user)");
		return ENDING_REFUSED;
	case 403:
		err_set(err, "403: the user may not subscribe; it needs the role admin");
		return ENDING_REFUSED;
	case 409:
		err_set(err,
			"409: host_id \"" STR_FMT "\" is in use by another "
			"subscriber; set another host_id",
			STR_ARG(s->options.identity->host_id));
		return ENDING_IN_USE;
	}
	if (reply->is_websocket && reply->is_analyzer)
		return ENDING_NONE;
	if (!is_transient(reply->status))
		return shake_foreign(s, reply->status, err);
	err_set(err,
		"%d: a proxy before the analyzer cannot reach it; is the analyzer "
		"running?",
		reply->status);
	return ENDING_UNREACHABLE;
}

static enum ending shake_unreachable(struct err *err, const char *why)
{
	err_set(err, "%s", why);
	return ENDING_UNREACHABLE;
}

/* What OpenSSL does, which recognises HTTP. */
static enum ending shake_closed(const struct session *s, struct err *err)
{
	err_set(err,
		"the connection was closed instead of answering the handshake; if it "
		"speaks TLS there, write wss:// in %s",
		s->options.url.key);
	return ENDING_UNREACHABLE;
}

/* why: NULL when it was closed. */
static enum ending shake_broken(const struct session *s, struct err *err, const char *why)
{
	if (connection_explain(s->connection, err))
		return ENDING_UNREACHABLE;
	/* A reset may have been faster than the alert. */
	if (s->options.url.scheme->is_tls)
		why = "the connection was closed right after the TLS handshake; the "
		      "server probably wants a client certificate, or another one: see "
		      "tls.client_cert";
	return why ? shake_unreachable(err, why) : shake_closed(s, err);
}

static const char no_answer[] = "no answer to the handshake" SESSION_WEDGED;

/* Reads the answer; what follows it stays in bytes. */
static enum ending shake_read_reply(struct session *s, struct str key, struct err *err)
{
	int64_t until_ms = clock_now().mono_ms + HANDSHAKE_MS;
	struct websocket_reply reply;
	enum ending ending;
	int error = -EAGAIN;
	ssize_t n;

	for (s->len = 0; error == -EAGAIN;) {
		if (!session_wait(s, until_ms, true)) {
			if (atomic_load(&s->is_stopping) ||
			    clock_now().mono_ms >= until_ms)
				return shake_unreachable(err, no_answer);
			continue;
		}
		n = connection_receive(s->connection, s->bytes + s->len,
				       sizeof(s->bytes) - s->len);
		if (n == -EAGAIN)
			continue;
		if (n <= 0)
			return shake_broken(s, err, NULL);
		s->len += (size_t)n;
		error = websocket_read_reply((struct str){ s->bytes, s->len }, key,
					     &reply);
	}
	if (error)
		return shake_foreign(s, 0, err);
	ending = shake_judge(s, &reply, err);
	s->len -= reply.size;
	memmove(s->bytes, s->bytes + reply.size, s->len);
	return ending;
}

enum ending session_shake_hands(struct session *s, struct err *err)
{
	struct buf key = BUF_INIT(64);
	enum ending ending;

	make_key(&key);
	if (buf_error(&key) || send_request(s, buf_str(&key)) < 0)
		ending = shake_broken(s, err, "cannot send the handshake");
	else
		ending = shake_read_reply(s, buf_str(&key), err);
	buf_fini(&key);
	return ending;
}
