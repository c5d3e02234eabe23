/* SPDX-License-Identifier: Apache-2.0 */
/* refusals.c - see refusals.h. */
#include "writer/refusals.h"

#define REFUSALS_MAX 16 /* without a long pause, between two that are stored */

void refusals_note_stored(struct refusals *r)
{
	if (r->doubted_id > r->judged_id)
		r->judged_id = r->doubted_id;
	r->doubted_id = 0;
	r->count = 0;
	r->has_stored = true;
}

void refusals_note_failed(struct refusals *r)
{
	r->has_stored = false;
}

enum refusal refusals_note(struct refusals *r, uint64_t id, size_t waiting)
{
	bool has_stored = r->has_stored;

	r->has_stored = false;
	if (id <= r->judged_id && r->count++ < REFUSALS_MAX)
		return REFUSAL_FINAL;
	r->count++;
	if (id > r->doubted_id)
		r->doubted_id = id;
	if (has_stored && waiting > 1)
		return REFUSAL_NEXT;
	return waiting > r->count && r->count <= REFUSALS_MAX ? REFUSAL_SOON
							      : REFUSAL_STORE;
}
