/* SPDX-License-Identifier: Apache-2.0 */
/* questions.c - what a pipeline may ask the topology. See stage.h. */
#include "pipeline/stage.h"

static void stage_questions(const struct stage *stage, const void *self,
			    struct question_list *list)
{
	if (stage->questions)
		stage->questions(self, list);
}

void stage_set_questions(const struct stage_set *s, struct question_list *list)
{
	stage_questions(&s->classify->stage, s->classify_state, list);
	stage_questions(&s->transform->stage, s->transform_state, list);
	stage_questions(&s->mangle->stage, s->mangle_state, list);
}
