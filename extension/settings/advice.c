/* SPDX-License-Identifier: Apache-2.0 */
/* advice.c - see advice.h. */
#include <stdio.h>
#include "net/endpoint.h"
#include "graph/mirrored.h"
#include "settings/advice.h"
#include "stage/registry.h"
#include "topology/analyzer_url.h"

/* Whether there is something to be said of where flows come from. */
static bool source_has_advice(const struct source_options *o, struct err *err)
{
	if (o->source->advise && o->own && o->source->advise(o->own, err))
		return true;
	if (o->auth.is_withheld)
		err_set_key(err, "url",
			    "names a host that is not among those of the main file, so "
			    "its user and cookies are not sent there; if that analyzer "
			    "wants some, set pipeline.subscriber.auth beside this, or "
			    "name it in analyzers");
	else if (source_auth_is_bare(&o->auth, &o->url))
		err_set_key(err, "url",
			    "the password goes there without TLS, for everybody on the "
			    "way to read; write wss:// if the analyzer speaks it");
	else
		return false;
	return true;
}

static void advise_stream(const struct pipeline_settings *p, struct problems *advice)
{
	struct err err = ERR_INIT;

	if (p->source.source && source_has_advice(&p->source, &err))
		config_problem(p->config, "pipeline.subscriber", &err, advice);
}

static void advise_writer(const struct pipeline_settings *p, struct problems *advice)
{
	const struct writer *writer = p->writer.writer;
	struct config_listener listener = { p->config, writer ? writer->section : "",
					    advice, false };
	struct err err = config_listen(&listener);

	if (writer && writer->advise && p->writer.values &&
	    writer->advise(p->writer.values, p->stages.transform == &transform_none,
			   &err))
		err_also(&err);
}

/* The questions of a pipeline, for advice. */
struct advised_list {
	struct question_list list;
	const struct pipeline_settings *pipeline;
	struct problems *advice;
};

static void pass_over(struct question_list *list, const struct question *question)
{
	(void)list;
	(void)question;
}

static void advise_text(struct question_list *list, struct str name, struct str text)
{
	const struct advised_list *a = (struct advised_list *)list;
	struct err why = ERR_INIT, err = ERR_INIT;
	struct str index;

	if (question_is_mirrored(text, &index, &why))
		return;
	err_set_key(&err, "extend",
		    STR_FMT ": each new value of it costs the analyzer a search, because "
			    "the mirror cannot answer it: %s",
		    STR_ARG(name), why.text);
	config_problem(a->pipeline->config, "pipeline.transform.secadvisor", &err,
		       a->advice);
}

static void advise_extends(const struct pipeline_settings *p, struct problems *advice)
{
	struct advised_list a = {
		.list = { PEERS_BY_ADDRESS, pass_over, advise_text },
		.pipeline = p,
		.advice = advice,
	};

	stage_set_questions(&p->stages, &a.list);
}

static bool is_bare(const struct settings *s, struct str analyzer)
{
	struct buf url = BUF_INIT(4096);
	struct err ignored = ERR_INIT;
	struct endpoint e;
	bool is_bare = analyzer_url_put(&url, analyzer, s->topology.is_https, &ignored) ==
			       0 &&
		       endpoint_parse(buf_str(&url), &e, &ignored) == 0 &&
		       e.scheme == ENDPOINT_HTTP && !endpoint_is_this_host(&e);

	buf_fini(&url);
	return is_bare;
}

static void advise_questions(const struct settings *s, const struct config *config,
			     struct problems *advice)
{
	char key[32];
	size_t i;

	for (i = 0; s->topology.username.len && i < s->topology.analyzers.count; i++) {
		struct err err = ERR_INIT;

		if (!is_bare(s, s->topology.analyzers.item[i]))
			continue;
		snprintf(key, sizeof(key), "analyzers[%zu]", i);
		err_set_key(&err, key,
			    "the password goes there without TLS, for everybody on the "
			    "way to read; write https:// in front if the analyzer "
			    "speaks it");
		config_problem(config, "", &err, advice);
	}
}

/* In a drop-in they have no effect; read from it alone. */
struct program_limits {
	int64_t batch_bytes, held_bytes;
};

static const struct shape program_limits_shape = {
	.name = "limits",
	.size = sizeof(struct program_limits),
	.fields =
		(const struct field[]){
			OPTION(struct program_limits, batch_bytes, "batch_bytes",
			       FIELD_SIZE, ""),
			OPTION(struct program_limits, held_bytes, "held_bytes",
			       FIELD_SIZE, ""),
			{ 0 },
		},
};

static void advise_limits(const struct pipeline_settings *p, struct problems *advice)
{
	struct config_listener listener = { p->config, "limits", advice, false };
	struct problems ignored = PROBLEMS_INIT;
	struct err err = config_listen(&listener);
	struct program_limits limits = { 0 };
	struct arena arena = ARENA_INIT(1024);
	const struct field *field;

	config_read_own(p->config, "limits", &program_limits_shape, &limits, &arena,
			&ignored);
	for (field = program_limits_shape.fields; field->name; field++)
		if (*(const int64_t *)((const char *)&limits + field->offset)) {
			err_set_key(&err, field->name,
				    "is of all pipelines together, and has an effect in "
				    "the main file only; limits of this pipeline stand "
				    "below pipeline.limits");
			err_also(&err);
		}
	problems_fini(&ignored);
	arena_fini(&arena);
}

void advice_put(const struct settings *s, struct problems *advice)
{
	const struct config *main_config = s->base;
	size_t i;

	/* A lone file is base and pipeline at once. */
	if (!main_config && s->pipelines)
		main_config = s->pipeline[0]->config;
	if (main_config)
		advise_questions(s, main_config, advice);
	for (i = 0; i < s->pipelines; i++) {
		if (!s->pipeline[i]->config)
			continue;
		advise_stream(s->pipeline[i], advice);
		advise_writer(s->pipeline[i], advice);
		if (s->base)
			advise_limits(s->pipeline[i], advice);
		if (s->topology.mode != MODE_REST && !s->pipeline[i]->is_bad)
			advise_extends(s->pipeline[i], advice);
	}
}
