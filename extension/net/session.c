/* SPDX-License-Identifier: Apache-2.0 */
/* session.c - see session.h. Time-outs follow from what an analyzer does: it
 * pings every 2 s and drops who has not answered for 7 s.
 */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/random.h>
#include "net/credentials.h"
#include "net/session_private.h"
#include "sys/clock.h"

#define FIRST_PING_MS 10000
#define SILENCE_MS    15000
#define PART_BYTES    (16 * 1024) /* read by way of bytes, which copies them */
#define BUSY_BYTES    (64 * 1024)
#define PIECE_BYTES   (256 * 1024)
#define PIECE_MS      10
#define SEND_MS	      1000
#define DRAIN_IDLE_MS 100
#define DRAIN_MAX_MS  1000
#define EOF_MS	      1000
#define CLOSE_NORMAL  1000

static const char *const ending_names[] = {
	[ENDING_STOPPED] = "stopped",	      [ENDING_UNREACHABLE] = "unreachable",
	[ENDING_NO_ANALYZER] = "no-analyzer", [ENDING_IN_USE] = "host-id-in-use",
	[ENDING_REFUSED] = "refused",	      [ENDING_LOST] = "lost",
	[ENDING_STARVED] = "starved",
};

const char *ending_name(enum ending ending)
{
	return ending_names[ending];
}

struct session *session_new(const struct subscriber_options *options,
			    struct subscriber_stats *stats,
			    const atomic_bool *is_stopping, int wake_fd)
{
	struct session *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->options = options;
	s->stats = stats;
	s->is_stopping = is_stopping;
	s->wake_fd = wake_fd;
	s->out = (struct buf)BUF_INIT(64 * 1024);
	s->token = (struct buf)BUF_INIT(TOKEN_MAX);
	return s;
}

void session_free(struct session *s)
{
	if (!s)
		return;
	credentials_forget(&s->out);
	credentials_forget(&s->token);
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

bool session_saw_stats(const struct session *s)
{
	return s->has_stats;
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

static void make_mask(unsigned char mask[4])
{
	/* RFC 6455 5.3 wants it unpredictable for the sake of proxies in
	 * browsers; all we ever send is pongs and Close. */
	memset(mask, 0, 4);
	if (getrandom(mask, 4, GRND_NONBLOCK) < 0)
		mask[0] = 1;
}

int session_send(struct session *s)
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
	return session_send(s);
}

static void session_deliver(struct session *s)
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

static enum ending session_lost(struct session *s, struct err *err, const char *why)
{
	err_set(err, "%s", why);
	return s->is_admitted ? ENDING_LOST : ENDING_UNREACHABLE;
}

static void session_admit(struct session *s)
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
static enum ending session_handle(struct session *s, enum websocket_event event,
				  struct err *err)
{
	switch (event) {
	case WEBSOCKET_MESSAGE:
		session_deliver(s);
		return ENDING_STOPPED;
	case WEBSOCKET_PING:
		session_admit(s);
		return send_pong(s) ? session_lost(s, err, "cannot send a pong")
				    : ENDING_STOPPED;
	case WEBSOCKET_CLOSE:
		if (s->is_admitted)
			return session_lost(s, err, "the analyzer closed the connection");
		err_set(err,
			"the analyzer accepted the connection and closed it at once "
			"(code %u): it does not want this client",
			s->ws.close_code);
		return ENDING_REFUSED;
	case WEBSOCKET_BROKEN:
		return session_lost(s, err, s->ws.why);
	default:
		return ENDING_STOPPED;
	}
}

/* Eats what is in bytes. */
static enum ending session_eat(struct session *s, struct err *err)
{
	struct str rest = { s->bytes, s->len };
	enum ending ending = ENDING_STOPPED;

	while (ending == ENDING_STOPPED) {
		enum websocket_event event = websocket_feed(&s->ws, &rest);

		if (event == WEBSOCKET_MORE)
			break;
		ending = session_handle(s, event, err);
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
		size = PART_BYTES;
	}
	n = connection_receive(s->connection, room, size);
	if (n == -EAGAIN)
		return 0;
	if (n <= 0) {
		*ending = session_lost(s, err,
				       n ? "the connection broke"
					 : "the analyzer closed the connection");
		return -1;
	}
	s->heard_ms = clock_now().mono_ms;
	s->came += (size_t)n;
	if (is_direct) {
		*ending = session_handle(s, websocket_wrote(&s->ws, (size_t)n), err);
	} else {
		s->len = (size_t)n;
		*ending = session_eat(s, err);
	}
	return *ending == ENDING_STOPPED ? 1 : -1;
}

/* What is due without bytes, and when that will be. STOPPED: nothing yet. */
static enum ending session_watch(const struct session *s, int64_t now_ms,
				 int64_t *until_ms, struct err *err)
{
	int64_t silent_ms = s->is_admitted ? SILENCE_MS : FIRST_PING_MS;

	*until_ms = s->heard_ms + silent_ms;
	if (now_ms >= *until_ms) {
		err_set(err, "nothing was heard for %lld s", (long long)silent_ms / 1000);
		return s->is_admitted ? ENDING_LOST : ENDING_UNREACHABLE;
	}
	if (!s->is_admitted || !s->starvation_ms || !(s->has_stats || s->expects_stats))
		return ENDING_STOPPED;
	if (s->fed_ms + s->starvation_ms < *until_ms)
		*until_ms = s->fed_ms + s->starvation_ms;
	if (now_ms < s->fed_ms + s->starvation_ms)
		return ENDING_STOPPED;
	err_set(err,
		"connected, but neither flows nor stats for %lld s: another "
		"subscriber left, or all captures stopped; subscribing again",
		(long long)(now_ms - s->fed_ms) / 1000);
	return ENDING_STARVED;
}

static void set_busy(struct session *s, bool is_busy)
{
	if (is_busy != s->is_busy)
		connection_wake_at(s->connection, is_busy ? PIECE_BYTES : 1);
	s->is_busy = is_busy;
}

/* From a busy stream a piece of some messages: to wake for each part of each, as
 * it comes, takes longer than to read it. */
static void wait_for_more(struct session *s, int64_t until_ms)
{
	int64_t piece_ms = clock_now().mono_ms + PIECE_MS;

	set_busy(s, s->came >= BUSY_BYTES);
	s->came = 0;
	session_wait(s, s->is_busy && piece_ms < until_ms ? piece_ms : until_ms, true);
}

static enum ending read_stream(struct session *s, struct err *err)
{
	enum ending ending = session_eat(s, err); /* what came with the answer */
	int64_t until_ms;
	int more;

	while (ending == ENDING_STOPPED && !atomic_load(s->is_stopping)) {
		/* First what TLS may already have taken from the socket. */
		do {
			more = read_some(s, &ending, err);
		} while (more > 0 && !atomic_load(s->is_stopping));
		if (more == 0)
			ending = session_watch(s, clock_now().mono_ms, &until_ms, err);
		if (more == 0 && ending == ENDING_STOPPED)
			wait_for_more(s, until_ms);
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

	set_busy(s, false);
	while (more >= 0 && clock_now().mono_ms - begun_ms < DRAIN_MAX_MS) {
		if (!session_wait(s, clock_now().mono_ms + DRAIN_IDLE_MS, false))
			break;
		more = read_some(s, &ending, &ignored);
	}
	if (more < 0)
		return;
	make_mask(mask);
	websocket_put_close(&s->out, CLOSE_NORMAL, mask);
	if (session_send(s) < 0)
		return;
	until_ms = clock_now().mono_ms + EOF_MS;
	while (more >= 0 && session_wait(s, until_ms, false))
		more = read_some(s, &ending, &ignored);
}

void session_disconnect(struct session *s)
{
	connection_close(s->connection);
	s->connection = NULL;
}

/* STOPPED: there is a connection, and hands are shaken. */
static enum ending session_subscribe(struct session *s, struct err *err)
{
	enum ending ending = ENDING_UNREACHABLE;

	s->is_unauthorized = false;
	s->connection = connection_open(&s->options->url, s->options->tls, CONNECT_MS,
					s->is_stopping, err);
	if (s->connection)
		ending = session_shake_hands(s, err);
	if (ending != ENDING_STOPPED)
		session_disconnect(s);
	return ending;
}

enum ending session_run(struct session *s, int64_t starvation_ms, bool expects_stats,
			struct err *err)
{
	enum ending ending;

	s->is_admitted = s->has_flows = s->has_stats = false;
	s->is_busy = false;
	s->starvation_ms = starvation_ms;
	s->expects_stats = expects_stats;
	ending = session_subscribe(s, err);
	if (s->is_unauthorized && session_log_in(s, err) == 0)
		ending = session_subscribe(s, err);
	if (ending == ENDING_STOPPED) {
		websocket_init(&s->ws, s->options->message_max);
		s->heard_ms = clock_now().mono_ms;
		ending = read_stream(s, err);
		if (ending == ENDING_STOPPED || ending == ENDING_STARVED)
			close_drained(s);
		websocket_fini(&s->ws);
	}
	atomic_store(&s->stats->is_subscribed, false);
	session_disconnect(s);
	return atomic_load(s->is_stopping) ? ENDING_STOPPED : ending;
}
