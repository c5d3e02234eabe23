/* SPDX-License-Identifier: Apache-2.0 */
/* action_pair.h - one connection, seen from two capture points: was it let
 * through between them?
 *
 * What both have seen was accepted: the lesser of the two counters, and what it
 * rose by since the last report. What only one has seen for reject_timeout was
 * rejected, and so is what lags behind by more than that: each is reported
 * once.
 *
 * The rules are the Go flow exporter's, mended: a capture point has one flow of
 * a connection, the newest; the first capture point is the one that is copied;
 * what came while a reject was waited for is summed up; counters never fall.
 */
#ifndef STAGE_ACTION_PAIR_H
#define STAGE_ACTION_PAIR_H

#include "base/arena.h"
#include "flow/flow.h"
#include "stage/vpclogs.h"

enum { SIDES = 2 };

/* What a capture point has last said. */
struct side {
	bool is_there;
	char *uuid, *initiator, *target; /* owned, as is what record points to */
	int64_t start;			 /* of the flow, Unix ms */
	size_t text_bytes;		 /* of the owned text */
	struct flow_metric all, last;
	struct flow_metric unreported; /* sums of what was not reported yet */
	struct vpclogs record;
};

struct pair {
	struct side side[SIDES];
	int64_t since_ms;   /* first sight or last report, monotonic */
	int64_t touched_ms; /* last flow */
	bool has_report;    /* ... and this was in it: */
	struct flow_metric reported;
	struct flow_metric base; /* the most that was ever reported */
	bool was_rejected, has_ended;
	bool is_late; /* one side lags far behind: to be rejected */
};

/* The flow of a record, at one side. -ENOMEM: it is as if it had not come. */
int pair_take(struct pair *, int side, const struct vpclogs *, int64_t now_ms);
/* Whether there may be something to say now: cheap, for who has many. */
bool pair_is_due(const struct pair *, bool is_touched, int64_t timeout_ms,
		 int64_t now_ms);
/* What is to be said now: fills a zeroed record, whose strings are copied to
 * the arena. is_touched: a flow has just come. false: nothing. */
bool pair_report(struct pair *, bool is_touched, int64_t timeout_ms, int64_t now_ms,
		 struct arena *, struct vpclogs *record);
/* The last update of its flows, Unix ms: what it reports ended then. */
int64_t pair_time(const struct pair *);
/* Nothing of it is worth to be kept. */
bool pair_is_over(const struct pair *);
/* What its text occupies, which others chose. */
size_t pair_text_bytes(const struct pair *);
void pair_fini(struct pair *);

#endif
