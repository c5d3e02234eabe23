/* SPDX-License-Identifier: Apache-2.0 */
/* session_io.c - bytes of a session. See session_private.h. */
#include <errno.h>
#include <poll.h>
#include "net/session_private.h"
#include "sys/clock.h"

#define CONNECT_MS 5000
#define SEND_MS	   1000

int session_connect(struct session *s, struct err *err)
{
	s->connection = connection_open(&s->options.url, s->options.identity->tls,
					CONNECT_MS, &s->is_stopping, err);
	return s->connection ? 0 : -EINVAL;
}

void session_disconnect(struct session *s)
{
	connection_close(s->connection);
	s->connection = NULL;
}

int session_wait(const struct session *s, int64_t until_ms, bool heed_stop)
{
	struct pollfd in[2] = {
		{ .fd = connection_fd(s->connection), .events = POLLIN },
		{ .fd = heed_stop ? s->wake_fd : -1, .events = POLLIN },
	};
	int64_t left = until_ms - clock_now().mono_ms;

	if (left < 0)
		left = 0;
	poll(in, 2, left < 60000 ? (int)left : 60000);
	return in[0].revents != 0;
}

int session_send(struct session *s)
{
	int error = buf_error(&s->out);

	if (!error)
		error = connection_send(s->connection, buf_str(&s->out), SEND_MS);
	buf_reset(&s->out);
	return error;
}
