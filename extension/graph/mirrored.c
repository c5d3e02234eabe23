/* SPDX-License-Identifier: Apache-2.0 */
/* mirrored.c - see mirrored.h. */
#include "graph/mirrored.h"
#include "graph/projection.h"

static bool has_index(const struct question *q)
{
	return q->steps && q->step[0].kind == STEP_HAS && q->step[0].test != TEST_WITHIN;
}

bool question_is_mirrored(struct str text, struct str *index, struct err *why)
{
	struct projection *projection;
	struct question_parsed parsed;
	bool is_mirrored;

	*index = STR("");
	if (question_parse(text, &parsed, why) < 0)
		return false;
	projection = projection_new();
	is_mirrored = projection &&
		      projection_add(projection, &parsed.question, why) == 0;
	projection_free(projection);
	if (has_index(&parsed.question))
		*index = parsed.question.step[0].key;
	return is_mirrored;
}
