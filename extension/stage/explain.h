/* SPDX-License-Identifier: Apache-2.0 */
/* explain.h - what each stage of a pipeline makes of one flow, as text for its
 * operator.
 */
#ifndef STAGE_EXPLAIN_H
#define STAGE_EXPLAIN_H

#include "stage/stage_set.h"

struct explain {
	const struct stage_set *stages;
	struct answers *answers; /* who is asked */
	/* Waits until what was asked is known. false: it took too long; after
	 * that find() must answer with nothing. */
	bool (*wait)(void *context);
	void *context;
	struct now now;
};

/* Appends: a line a stage, with questions and their answers below. */
void explain_flow(const struct explain *, const struct flow *, struct buf *out);

#endif
