/* SPDX-License-Identifier: Apache-2.0 */
/* session.c - see session.h. Time-outs follow from what an analyzer does: it
 * pings every 2 s and drops who has not answered for 7 s.
 */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/random.h>
#include "base/base64.h"
#include "source/connection.h"
#include "source/session.h"
#include "source/websocket.h"
#include "sys/clock.h"

#define CONNECT_MS	5000
#define HANDSHAKE_MS	10000
#define FIRST_PING_MS	10000
#define SILENCE_MS	15000
#define SEND_MS		1000
#define DRAIN_IDLE_MS	100
#define DRAIN_MAX_MS	1000
#define EOF_MS		1000
#define BYTES_MAX	(64 * 1024)
#define CLOSE_NORMAL	1000

struct session {
	const struct subscriber_options *options;
	struct subscriber_stats *stats;
	const atomic_bool *is_stopping;
	int wake_fd;

	struct connection *connection;
	struct websocket ws;
	char bytes[BYTES_MAX];
	size_t len;			/* of bytes that are not eaten */
	struct buf out;

	bool is_admitted;		/* the first ping was there */
	bool has_flows, has_stats;	/* came on this connection */
	int64_t heard_ms;		/* anything at all, monotonic */
	int64_t fed_ms;			/* flows or stats */
	int64_t starvation_ms;
};

static const char *const ending_names[] = {
	[ENDING_STOPPED] = "stopped", [ENDING_UNREACHABLE] = "unreachable",
	[ENDING_NO_ANALYZER] = "no-analyzer", [ENDING_IN_USE] = "host-id-in-use",
	[ENDING_REFUSED] = "refused", [ENDING_LOST] = "lost", [ENDING_STARVED] = "starved",
};

const char *ending_name(enum ending ending)
{
	return ending_names[ending];
}

struct session *session_new(const struct subscriber_options *options,
			    struct subscriber_stats *stats, const atomic_bool *is_stopping,
			    int wake_fd)
{
	struct session *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->options = options;
	s->stats = stats;
	s->is_stopping = is_stopping;
	s->wake_fd = wake_fd;
	s->out = (struct buf)BUF_INIT(16 * 1024);
	return s;
}

void session_free(struct session *s)
{
	if (!s)
		return;
	buf_fini(&s->out);
	free(s);
}

bool session_was_admitted(const struct session *s)
{
	return s->is_admitted;
}

bool session_saw_flows(const struct session *s)
{
	return s->has_flows;
}

/* Waits for bytes until a monotonic time. 1: there are some, 0: it is late, or
 * we are to stop. */
static int wait_readable(const struct session *s, int64_t until_ms, bool heed_stop)
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

static void make_mask(unsigned char mask[4])
{
	/* RFC 6455 5.3 wants it unpredictable for the sake of proxies in
	 * browsers; all we ever send is pongs and Close. */
	memset(mask, 0, 4);
	if (getrandom(mask, 4, GRND_NONBLOCK) < 0)
		mask[0] = 1;
}

static int send_out(struct session *s)
{
	int error = buf_error(&s->out);

	if (!error)
		error = connection_send(s->connection, buf_str(&s->out), SEND_MS);
	buf_reset(&s->out);
	return error;
}

static int send_pong(struct session *s)
{
	struct str payload = { (const char *)s->ws.control, s->ws.control_len };
	unsigned char mask[4];

	make_mask(mask);
	websocket_put_frame(&s->out, OPCODE_PONG, payload, mask);
	return send_out(s);
}

static void put_headers(const struct subscriber_options *o, struct buf *b)
{
	struct buf login = BUF_INIT(4096);

	buf_printf(b, "X-Host-ID: " STR_FMT "\r\nX-Client-Type: skydive-exporter\r\n"
		   "X-Client-Protocol: %s\r\n", STR_ARG(o->host_id),
		   o->framing == FRAMING_PROTOBUF ? "protobuf" : "json");
	/* One line each: a list in one line would be one namespace. */
	buf_puts(b, "X-Websocket-Namespace: flow\r\nX-Websocket-Namespace: stats\r\n");
	if (o->cookie.len)
		buf_printf(b, "Cookie: " STR_FMT "\r\n", STR_ARG(o->cookie));
	if (o->username.len) {
		buf_printf(&login, STR_FMT ":" STR_FMT, STR_ARG(o->username),
			   STR_ARG(o->password));
		buf_puts(b, "Authorization: Basic ");
		base64_put(b, buf_str(&login));
		buf_puts(b, "\r\n");
	}
	buf_fini(&login);
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
	struct buf headers = BUF_INIT(8192);

	put_headers(s->options, &headers);
	websocket_put_request(&s->out, s->options->url.host, s->options->url.target, key,
			      buf_str(&headers));
	if (buf_error(&headers))
		s->out.error = buf_error(&headers);
	buf_fini(&headers);
	return send_out(s);
}

static enum ending judge(const struct session *s, const struct websocket_reply *reply,
			 struct err *err)
{
	switch (reply->status) {
	case 401:
		err_set(err, "401: wrong credentials; check analyzer.auth.cluster.username "
			"and password (the analyzer must know them as an API user)");
		return ENDING_REFUSED;
	case 403:
		err_set(err, "403: the user may not subscribe to flows; it needs the "
			"role admin");
		return ENDING_REFUSED;
	case 409:
		err_set(err, "409: host_id \"" STR_FMT "\" is in use by another "
			"subscriber; set another host_id", STR_ARG(s->options->host_id));
		return ENDING_IN_USE;
	}
	if (reply->is_websocket && reply->is_analyzer)
		return ENDING_STOPPED;
	err_set(err, "%d: this is not a Skydive analyzer, or " STR_FMT " is not its path; "
		"check pipeline.subscriber.url", reply->status,
		STR_ARG(s->options->url.target));
	return ENDING_NO_ANALYZER;
}

static enum ending unreachable(struct err *err, const char *why)
{
	err_set(err, "%s", why);
	return ENDING_UNREACHABLE;
}

static enum ending broken(const struct session *s, struct err *err, const char *why)
{
	if (connection_explain(s->connection, err))
		return ENDING_UNREACHABLE;
	return unreachable(err, why);
}

/* Reads the answer; what follows it stays in bytes. STOPPED: it is good. */
static enum ending read_reply(struct session *s, struct str key, struct err *err)
{
	int64_t until_ms = clock_now().mono_ms + HANDSHAKE_MS;
	struct websocket_reply reply;
	enum ending ending;
	int error = -EAGAIN;
	ssize_t n;

	for (s->len = 0; error == -EAGAIN; ) {
		if (!wait_readable(s, until_ms, true)) {
			if (atomic_load(s->is_stopping) ||
			    clock_now().mono_ms >= until_ms)
				return unreachable(err, "no answer to the handshake");
			continue;
		}
		n = connection_receive(s->connection, s->bytes + s->len,
				       sizeof(s->bytes) - s->len);
		if (n == -EAGAIN)
			continue;
		if (n <= 0)
			return broken(s, err, "the connection was closed instead of "
				      "answering the handshake");
		s->len += (size_t)n;
		error = websocket_read_reply((struct str){ s->bytes, s->len }, key, &reply);
	}
	if (error) {
		err_set(err, "it does not speak HTTP; check pipeline.subscriber.url");
		return ENDING_NO_ANALYZER;
	}
	ending = judge(s, &reply, err);
	s->len -= reply.size;
	memmove(s->bytes, s->bytes + reply.size, s->len);
	return ending;
}

static enum ending shake_hands(struct session *s, struct err *err)
{
	struct buf key = BUF_INIT(64);
	enum ending ending;

	make_key(&key);
	if (buf_error(&key) || send_request(s, buf_str(&key)) < 0)
		ending = broken(s, err, "cannot send the handshake");
	else
		ending = read_reply(s, buf_str(&key), err);
	buf_fini(&key);
	return ending;
}

static void deliver(struct session *s)
{
	size_t size;
	char *message = websocket_take(&s->ws, &size);
	enum heard heard;

	atomic_fetch_add(&s->stats->messages, 1);
	atomic_fetch_add(&s->stats->bytes, (int64_t)size);
	heard = s->options->deliver(s->options->context, message, size,
				    s->ws.is_text ? FRAMING_JSON : FRAMING_PROTOBUF);
	s->has_flows |= heard == HEARD_FLOWS;
	s->has_stats |= heard == HEARD_STATS;
	if (heard == HEARD_OTHER)
		return;
	s->fed_ms = s->heard_ms;
	atomic_store(&s->stats->is_starved, false);
}

static enum ending lost(struct session *s, struct err *err, const char *why)
{
	err_set(err, "%s", why);
	return s->is_admitted ? ENDING_LOST : ENDING_UNREACHABLE;
}

static void admit(struct session *s)
{
	if (s->is_admitted)
		return;
	s->is_admitted = true;
	s->fed_ms = s->heard_ms;
	atomic_fetch_add(&s->stats->connects, 1);
	atomic_store(&s->stats->is_subscribed, true);
	log_write(s->options->log, LOG_INFO, "source=" STR_FMT " state=subscribed",
		  STR_ARG(s->options->url.text));
}

/* STOPPED: go on. */
static enum ending handle(struct session *s, enum websocket_event event, struct err *err)
{
	switch (event) {
	case WEBSOCKET_MESSAGE:
		deliver(s);
		return ENDING_STOPPED;
	case WEBSOCKET_PING:
		admit(s);
		return send_pong(s) ? lost(s, err, "cannot send a pong") : ENDING_STOPPED;
	case WEBSOCKET_CLOSE:
		if (s->is_admitted)
			return lost(s, err, "the analyzer closed the connection");
		err_set(err, "the analyzer accepted the connection and closed it at once "
			"(code %u): it does not want this client", s->ws.close_code);
		return ENDING_REFUSED;
	case WEBSOCKET_BROKEN:
		return lost(s, err, s->ws.why);
	default:
		return ENDING_STOPPED;
	}
}

/* Eats what is in bytes. */
static enum ending eat(struct session *s, struct err *err)
{
	struct str rest = { s->bytes, s->len };
	enum ending ending = ENDING_STOPPED;

	while (ending == ENDING_STOPPED) {
		enum websocket_event event = websocket_feed(&s->ws, &rest);

		if (event == WEBSOCKET_MORE)
			break;
		ending = handle(s, event, err);
	}
	s->len = 0;
	return ending;
}

/* Reads once: straight into a large message, else by way of bytes. > 0: more
 * may be there, 0: nothing more now, < 0: it ended, see *ending. */
static int read_some(struct session *s, enum ending *ending, struct err *err)
{
	size_t size = 0;
	char *room = websocket_room(&s->ws, &size);
	bool is_direct = room && size >= sizeof(s->bytes) / 2;
	ssize_t n;

	if (!is_direct) {
		room = s->bytes;
		size = sizeof(s->bytes);
	}
	n = connection_receive(s->connection, room, size);
	if (n == -EAGAIN)
		return 0;
	if (n <= 0) {
		*ending = lost(s, err, n ? "the connection broke" :
			       "the analyzer closed the connection");
		return -1;
	}
	s->heard_ms = clock_now().mono_ms;
	if (is_direct) {
		*ending = handle(s, websocket_wrote(&s->ws, (size_t)n), err);
	} else {
		s->len = (size_t)n;
		*ending = eat(s, err);
	}
	return *ending == ENDING_STOPPED ? 1 : -1;
}

/* What is due without bytes, and when that will be. STOPPED: nothing yet. */
static enum ending watch(const struct session *s, int64_t now_ms, int64_t *until_ms,
			 struct err *err)
{
	int64_t silent_ms = s->is_admitted ? SILENCE_MS : FIRST_PING_MS;

	*until_ms = s->heard_ms + silent_ms;
	if (now_ms >= *until_ms) {
		err_set(err, "nothing was heard for %lld s",
			(long long)silent_ms / 1000);
		return s->is_admitted ? ENDING_LOST : ENDING_UNREACHABLE;
	}
	if (!s->starvation_ms || !s->has_stats)
		return ENDING_STOPPED;
	if (s->fed_ms + s->starvation_ms < *until_ms)
		*until_ms = s->fed_ms + s->starvation_ms;
	if (now_ms < s->fed_ms + s->starvation_ms)
		return ENDING_STOPPED;
	err_set(err, "connected, but neither flows nor stats for %lld s: another "
		"subscriber left, or all captures stopped; subscribing again",
		(long long)(now_ms - s->fed_ms) / 1000);
	return ENDING_STARVED;
}

static enum ending read_stream(struct session *s, struct err *err)
{
	enum ending ending = eat(s, err);	/* what came with the answer */
	int64_t until_ms;
	int more;

	while (ending == ENDING_STOPPED && !atomic_load(s->is_stopping)) {
		/* First what TLS may already have taken from the socket. */
		do {
			more = read_some(s, &ending, err);
		} while (more > 0 && !atomic_load(s->is_stopping));
		if (more == 0)
			ending = watch(s, clock_now().mono_ms, &until_ms, err);
		if (more == 0 && ending == ENDING_STOPPED)
			wait_readable(s, until_ms, true);
	}
	return ending;
}

/* Never closes while the analyzer has something for us: see subscriber.h. */
static void close_drained(struct session *s)
{
	int64_t begun_ms = clock_now().mono_ms, until_ms;
	struct err ignored = ERR_INIT;
	enum ending ending = ENDING_STOPPED;
	unsigned char mask[4];
	int more = 1;

	while (more >= 0 && clock_now().mono_ms - begun_ms < DRAIN_MAX_MS) {
		if (!wait_readable(s, clock_now().mono_ms + DRAIN_IDLE_MS, false))
			break;
		more = read_some(s, &ending, &ignored);
	}
	if (more < 0)
		return;
	make_mask(mask);
	websocket_put_close(&s->out, CLOSE_NORMAL, mask);
	if (send_out(s) < 0)
		return;
	until_ms = clock_now().mono_ms + EOF_MS;
	while (more >= 0 && wait_readable(s, until_ms, false))
		more = read_some(s, &ending, &ignored);
}

enum ending session_run(struct session *s, int64_t starvation_ms, struct err *err)
{
	enum ending ending;

	s->is_admitted = s->has_flows = s->has_stats = false;
	s->starvation_ms = starvation_ms;
	s->connection = connection_open(&s->options->url, s->options->tls, CONNECT_MS,
					s->is_stopping, err);
	if (!s->connection)
		return atomic_load(s->is_stopping) ? ENDING_STOPPED : ENDING_UNREACHABLE;
	websocket_init(&s->ws, s->options->message_max);
	ending = shake_hands(s, err);
	if (ending == ENDING_STOPPED) {
		s->heard_ms = clock_now().mono_ms;
		ending = read_stream(s, err);
		if (ending == ENDING_STOPPED || ending == ENDING_STARVED)
			close_drained(s);
	}
	atomic_store(&s->stats->is_subscribed, false);
	websocket_fini(&s->ws);
	connection_close(s->connection);
	s->connection = NULL;
	return atomic_load(s->is_stopping) ? ENDING_STOPPED : ending;
}
