/* SPDX-License-Identifier: Apache-2.0 */
/* exporter_questions.c - what the topology's mirror must keep for the tenants' questions.
 * See exporter_private.h.
 */
#include "exporter/exporter_private.h"
#include "pipeline/series.h"

/* A list of questions as a projection. Those that a mirror cannot answer are the
 * analyzer's. */
struct wanting {
	struct question_list list;
	struct projection *projection;
	bool is_wanted;
};

static void want_question(struct question_list *list, const struct question *question)
{
	struct wanting *w = (struct wanting *)list;

	if (projection_add(w->projection, question, NULL) == 0)
		w->is_wanted = true;
}

static void want_text(struct question_list *list, struct str name, struct str text)
{
	struct question_parsed parsed;

	(void)name;
	if (question_parse(text, &parsed, NULL) == 0)
		want_question(list, &parsed.question);
}

int exporter_tell_questions(struct exporter *e, struct err *err)
{
	struct wanting w = {
		.list = { e->around.peers_by, want_question, want_text },
		.projection = projection_new(),
	};
	size_t i;

	if (!w.projection)
		return err_set(err, "out of memory");
	for (i = 0; i < e->tenants; i++) {
		const struct pipeline_settings *p = e->running[i].settings;

		stage_set_questions(&p->stages, &w.list);
		if (p->has_series)
			series_questions(&w.list);
	}
	if (!w.is_wanted) {
		projection_free(w.projection);
		w.projection = NULL;
	}
	return topology_want(e->topology, w.projection, err);
}
