/* SPDX-License-Identifier: Apache-2.0 */
/* flow_stream_probe.c - see flow_stream_probe.h. */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include "source/flow_stream_private.h"
#include "sys/clock.h"

#define STREAM_MS 30000 /* longer than any time-out of a connection */
#define POLL_MS	  20

/* What becomes of the first attempt. */
struct attempt {
	atomic_bool has_ended;
	struct err why; /* written before that */
};

static void probe_ended(void *context, struct session *session, enum ending ending,
			const struct err *why)
{
	struct attempt *a = context;

	(void)session;
	if (ending == ENDING_STOPPED || atomic_load(&a->has_ended))
		return;
	a->why = *why;
	atomic_store(&a->has_ended, true);
}

static void probe_ignore(void *context, struct session *session,
			 const struct session_piece *piece)
{
	(void)context;
	(void)session;
	(void)piece;
}

int flow_stream_probe(const struct source_parts *parts, struct err *remark)
{
	static const struct session_user user = { .hear = probe_ignore,
						  .ended = probe_ended };
	struct attempt attempt = { .why = { .text = "no answer" } };
	struct session_counters counters = { 0 };
	int64_t until_ms = clock_now().mono_ms + STREAM_MS;
	struct session_options ask;
	struct session *session;

	flow_stream_ask(parts, &ask);
	ask.user = &user;
	ask.context = &attempt;
	ask.counters = &counters;
	session = session_start(&ask, remark);
	if (!session)
		return -EINVAL;
	while (!atomic_load(&counters.connects) && !atomic_load(&attempt.has_ended) &&
	       clock_now().mono_ms < until_ms)
		poll(NULL, 0, POLL_MS);
	session_stop(session);
	if (!atomic_load(&counters.connects)) {
		*remark = attempt.why;
		return -EINVAL;
	}
	if (atomic_load(&counters.logins))
		err_set(remark, "the user had to log in, with POST /login, and was "
				"accepted");
	return 0;
}
