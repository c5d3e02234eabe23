/* SPDX-License-Identifier: Apache-2.0 */
/* stage_state.c - see stage_state.h. */
#include <errno.h>
#include <stdlib.h>
#include "stage/stage_state.h"

int stage_state_new(const struct stage *stage, void **state)
{
	*state = NULL;
	if (!stage->state)
		return 0;
	*state = calloc(1, stage->state->size);
	if (!*state)
		return -ENOMEM;
	if (stage->state->defaults)
		memcpy(*state, stage->state->defaults, stage->state->size);
	return 0;
}

int stage_state_init(const struct stage *stage, void *state, struct err *err)
{
	return stage->init ? stage->init(state, err) : 0;
}

void stage_state_free(const struct stage *stage, void *state)
{
	if (state && stage->fini)
		stage->fini(state);
	free(state);
}
