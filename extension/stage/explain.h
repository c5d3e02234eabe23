/* SPDX-License-Identifier: Apache-2.0 */
/* explain.h - shows, as text for an operator, what each stage of a pipeline does with
 * one flow.
 */
#ifndef STAGE_EXPLAIN_H
#define STAGE_EXPLAIN_H

#include "flow/batch.h"
#include "stage/stage_set.h"

struct explain {
	const struct stage_set *stages;
	struct answers *answers; /* where answers come from */
	enum peers_by peers_by;
	/* Waits until the questions are answered. false: it took too long; from then on
	 * find() must give empty answers. */
	bool (*wait)(void *context);
	void *context;
	/* Appends a line that says who answers such a question. May be NULL. */
	void (*say_who)(struct buf *out, struct str question);
	struct now now;
};

/* Sends one flow of the batch through a separate pipeline of these stages, and appends
 * a line for each stage, with its questions and answers below, and the object. */
void explain_flow(const struct explain *, const struct batch *, uint32_t number,
		  struct buf *out);

#endif
