/* SPDX-License-Identifier: Apache-2.0 */
/* action_pair.h - whether a connection, seen at two capture points, was let through
 * between them.
 *
 * Traffic that both have seen was accepted: the lesser of the two counters, and by how
 * much it rose since the last report. A connection that only one has seen for
 * reject_timeout was rejected, and so is one where a side lags behind by more than
 * that; each is reported once.
 *
 * The rules are the Go flow exporter's, with corrections: a capture point has one flow
 * of a connection, the newest; records are copied from the first capture point; reports
 * that come while a reject is pending are summed up; counters never fall.
 */
#ifndef STAGE_ACTION_PAIR_H
#define STAGE_ACTION_PAIR_H

#include "base/arena.h"
#include "flow/flow.h"
#include "stage/vpclogs.h"

enum { SIDES = 2 };

/* The last report of a capture point. */
struct side {
	bool is_there;
	char *uuid, *initiator, *target; /* owned, as is what record points to */
	int64_t start;			 /* of the flow, Unix ms */
	size_t text_bytes;		 /* of the owned text */
	struct flow_metric all, last;
	struct flow_metric unreported; /* sums of what is not yet reported */
	struct vpclogs record;
};

struct pair {
	struct side side[SIDES];
	int64_t since_ms;   /* first sight or last report, monotonic */
	int64_t touched_ms; /* last flow */
	bool has_report;    /* ... with these values: */
	struct flow_metric reported;
	struct flow_metric base; /* the most that was ever reported */
	bool was_rejected, has_ended;
	bool is_late; /* one side lags far behind: to be rejected */
};

/* Takes the record of a flow from one side. -ENOMEM: nothing has changed. */
int pair_take(struct pair *, int side, const struct vpclogs *, int64_t now_ms);
/* Whether there may be something to report now: a cheap check for many pairs. */
bool pair_is_due(const struct pair *, bool is_touched, int64_t timeout_ms,
		 int64_t now_ms);
/* Reports what is due now: fills a zeroed record, whose strings are copied to the
 * arena. is_touched: a flow has just come. false: there is nothing to report. */
bool pair_report(struct pair *, bool is_touched, int64_t timeout_ms, int64_t now_ms,
		 struct arena *, struct vpclogs *record);
/* The last update of its flows, Unix ms: the end of what it reports. */
int64_t pair_time(const struct pair *);
/* Nothing of it needs to be kept. */
bool pair_is_over(const struct pair *);
/* The size of its text, which comes from the network. */
size_t pair_text_bytes(const struct pair *);
void pair_fini(struct pair *);

#endif
