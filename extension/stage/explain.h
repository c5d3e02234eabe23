/* SPDX-License-Identifier: Apache-2.0 */
/* explain.h - what each stage of a pipeline makes of one flow, as text for its
 * operator.
 */
#ifndef STAGE_EXPLAIN_H
#define STAGE_EXPLAIN_H

#include "flow/batch.h"
#include "stage/stage_set.h"

struct explain {
	const struct stage_set *stages;
	struct answers *answers; /* who is asked */
	enum peers_by peers_by;
	/* Waits until what was asked is known. false: it took too long; after
	 * that find() must answer with nothing. */
	bool (*wait)(void *context);
	void *context;
	struct now now;
};

/* Sends one flow of the batch through a pipeline of its own, made of these stages, and
 * appends: a line a stage, with questions and their answers below, and the object. */
void explain_flow(const struct explain *, const struct batch *, uint32_t number,
		  struct buf *out);

#endif
