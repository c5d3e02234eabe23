/* SPDX-License-Identifier: Apache-2.0 */
/* session_stream.c - one connection of a session, from the first byte to the
 * last.
 */
#include <errno.h>
#include <sys/random.h>
#include "net/session_private.h"
#include "sys/clock.h"

#define FIRST_PING_MS 10000
#define SILENCE_MS    15000
#define PART_BYTES    (16 * 1024) /* read by way of bytes, which copies them */
#define PIECE_BYTES   (256 * 1024)
#define PIECE_MS      50 /* with GATHER_MS in front of the spool: a second in all */
#define LARGE_PIECE   (PIECE_BYTES / 2)
#define LARGE_MS      10
#define BUSY_MS	      (2 * PIECE_MS)
#define DRAIN_IDLE_MS 100
#define DRAIN_MAX_MS  1000
#define EOF_MS	      1000
#define CLOSE_NORMAL  1000

static void make_mask(unsigned char mask[4])
{
	/* RFC 6455 5.3 wants it unpredictable for the sake of proxies in
	 * browsers; all we ever send is pongs, Close and SyncRequests. */
	memset(mask, 0, 4);
	if (getrandom(mask, 4, GRND_NONBLOCK) < 0)
		mask[0] = 1;
}

static int send_pong(struct session *s)
{
	struct str payload = { (const char *)s->ws.control, s->ws.control_len };
	unsigned char mask[4];

	make_mask(mask);
	websocket_put_frame(&s->out, OPCODE_PONG, payload, mask);
	return session_send(s);
}

char *session_take(struct session *s)
{
	size_t size;

	return websocket_take(&s->ws, &size);
}

int session_say(struct session *s, struct str text)
{
	unsigned char mask[4];

	make_mask(mask);
	websocket_put_frame(&s->out, OPCODE_TEXT, text, mask);
	return session_send(s);
}

static void session_admit(struct session *s)
{
	if (s->is_admitted)
		return;
	s->is_admitted = true;
	s->admitted_ms = s->heard_ms;
	atomic_fetch_add(&s->options.counters->connects, 1);
	atomic_store(&s->options.counters->is_admitted, true);
	log_write(s->options.log, LOG_INFO, "%s=" STR_FMT " state=subscribed",
		  s->options.what, STR_ARG(s->options.url.shown));
}

static void session_hand_over(struct session *s, bool is_last)
{
	const struct session_piece piece = {
		.bytes = websocket_peek(&s->ws),
		.is_text = s->ws.is_text,
		.is_last = is_last,
		.mono_ms = s->heard_ms,
	};

	session_admit(s); /* whoever is sent something is */
	s->options.user->hear(s->options.context, s, &piece);
	websocket_drop(&s->ws);
}

static enum ending session_lost(struct session *s, struct err *err, const char *why)
{
	err_set(err, "%s", why);
	return s->is_admitted ? ENDING_LOST : ENDING_UNREACHABLE;
}

/* RFC 6455 7.4.1, and the codes that IANA added: the server, or what stands before it,
 * stops, starts or has too much to do. */
static bool closes_for_a_while(unsigned code)
{
	return code == 0 || code == 1001 || (code >= 1011 && code <= 1014);
}

/* A Close before anything else. */
static enum ending session_turned_away(struct session *s, struct err *err)
{
	unsigned code = s->ws.close_code;

	if (closes_for_a_while(code) || atomic_load(&s->options.counters->connects)) {
		err_set(err,
			"the analyzer closed the connection at once (code %u): it is "
			"starting or stopping",
			code);
		return ENDING_UNREACHABLE;
	}
	err_set(err,
		"the analyzer accepted the connection and closed it at once (code %u): "
		"it does not want this client",
		code);
	return ENDING_REFUSED;
}

static enum ending session_handle(struct session *s, enum websocket_event event,
				  struct err *err)
{
	switch (event) {
	case WEBSOCKET_PIECE:
	case WEBSOCKET_MESSAGE:
		session_hand_over(s, event == WEBSOCKET_MESSAGE);
		return ENDING_NONE;
	case WEBSOCKET_PING:
		session_admit(s);
		return send_pong(s) ? session_lost(s, err, "cannot send a pong")
				    : ENDING_NONE;
	case WEBSOCKET_CLOSE:
		if (s->is_admitted)
			return session_lost(s, err, "the analyzer closed the connection");
		return session_turned_away(s, err);
	case WEBSOCKET_BROKEN:
		return session_lost(s, err, s->ws.why);
	default:
		return ENDING_NONE;
	}
}

/* Eats what is in bytes. */
static enum ending session_eat(struct session *s, struct err *err)
{
	struct str rest = { s->bytes, s->len };
	enum ending ending = ENDING_NONE;

	while (ending == ENDING_NONE) {
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
	s->come += (size_t)n;
	if (is_direct) {
		*ending = session_handle(s, websocket_wrote(&s->ws, (size_t)n), err);
	} else {
		s->len = (size_t)n;
		*ending = session_eat(s, err);
	}
	return *ending == ENDING_NONE ? 1 : -1;
}

/* What is due without bytes, and when that will be. */
static enum ending session_watch(struct session *s, int64_t now_ms, int64_t *until_ms,
				 struct err *err)
{
	const struct session_user *user = s->options.user;
	int64_t silent_ms = s->is_admitted ? SILENCE_MS : FIRST_PING_MS;

	*until_ms = s->heard_ms + silent_ms;
	if (now_ms >= *until_ms) {
		err_set(err, "nothing was received for %lld s%s",
			(long long)silent_ms / 1000,
			s->is_admitted ? "" : SESSION_WEDGED);
		return s->is_admitted ? ENDING_LOST : ENDING_UNREACHABLE;
	}
	if (s->is_admitted && user->tick)
		user->tick(s->options.context, s, now_ms, until_ms);
	if (s->is_admitted && user->is_starved &&
	    user->is_starved(s->options.context, s->admitted_ms, now_ms, until_ms, err))
		return ENDING_STARVED;
	return ENDING_NONE;
}

static void set_busy(struct session *s, bool is_busy)
{
	if (is_busy != s->is_busy)
		connection_wake_at(s->connection, is_busy ? PIECE_BYTES : 1);
	s->is_busy = is_busy;
}

/* From a busy stream a piece of some messages: to wake for each part of each, as
 * it comes, takes longer than to read it. It is busy while something came twice within
 * a tenth of a second. Where pieces are large the window may be filled but for a rest that
 * the other side does not send: messages would wait there, so that is looked at soon. */
static void wait_for_more(struct session *s, int64_t until_ms)
{
	int64_t now_ms = clock_now().mono_ms;
	int64_t piece_ms = now_ms + (s->come >= LARGE_PIECE ? LARGE_MS : PIECE_MS);

	set_busy(s, s->come && s->heard_ms - s->heard_before_ms < BUSY_MS);
	if (s->come)
		s->heard_before_ms = s->heard_ms;
	s->come = 0;
	session_wait(s, s->is_busy && piece_ms < until_ms ? piece_ms : until_ms, true);
}

static enum ending read_stream(struct session *s, struct err *err)
{
	enum ending ending = session_eat(s, err); /* what came with the answer */
	int64_t until_ms;
	int more;

	while (ending == ENDING_NONE && !atomic_load(&s->is_stopping)) {
		/* First what TLS may already have taken from the socket. */
		do {
			more = read_some(s, &ending, err);
		} while (more > 0 && !atomic_load(&s->is_stopping));
		if (more == 0)
			ending = session_watch(s, clock_now().mono_ms, &until_ms, err);
		if (more == 0 && ending == ENDING_NONE)
			wait_for_more(s, until_ms);
	}
	return ending;
}

/* Never closes while the analyzer has something for us: see session.h. */
static void close_drained(struct session *s)
{
	int64_t begun_ms = clock_now().mono_ms, until_ms;
	struct err ignored = ERR_INIT;
	enum ending ending = ENDING_NONE;
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
	/* Who ignores the Close may go on sending for ever. */
	while (more >= 0 && clock_now().mono_ms < until_ms &&
	       session_wait(s, until_ms, false))
		more = read_some(s, &ending, &ignored);
}

/* NONE: there is a connection, and hands are shaken. */
static enum ending session_open(struct session *s, struct err *err)
{
	enum ending ending = ENDING_UNREACHABLE;

	s->is_unauthorized = false;
	if (session_connect(s, err) == 0)
		ending = session_shake_hands(s, err);
	if (ending != ENDING_NONE)
		session_disconnect(s);
	return ending;
}

enum ending session_run(struct session *s, struct err *err)
{
	enum ending ending;

	s->is_admitted = s->is_busy = false;
	ending = session_open(s, err);
	if (s->is_unauthorized && session_log_in(s, err) == 0)
		ending = session_open(s, err);
	if (ending == ENDING_NONE) {
		websocket_init(&s->ws, s->options.message_max, s->options.piece_max);
		s->heard_ms = clock_now().mono_ms;
		ending = read_stream(s, err);
		if (ending == ENDING_NONE || ending == ENDING_STARVED)
			close_drained(s);
		websocket_fini(&s->ws);
	}
	atomic_store(&s->options.counters->is_admitted, false);
	session_disconnect(s);
	return atomic_load(&s->is_stopping) ? ENDING_STOPPED : ending;
}
