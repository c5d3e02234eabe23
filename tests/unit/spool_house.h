/* SPDX-License-Identifier: Apache-2.0 */
/* spool_house.h - rows go into a spool of their own and become objects, for tests.
 *
 * All stages are those that go without saying.
 */
#ifndef TESTS_SPOOL_HOUSE_H
#define TESTS_SPOOL_HOUSE_H

#include "spool/spool_sink.h"
#include "spool_world.h"
#include "stage/stage_state.h"

/* When all of it happens. */
static const struct now start = { 1000000, 1551199609804 };

/* The store half of an exporter, up to the finished object. */
struct house {
	struct world w;
	struct stage_set stages;
	struct workers *workers; /* has no threads: a test runs it */
	struct spool_sink *spool_sink;
	struct sink *sink;
	struct streams streams;
	struct layout layout;
	int sealed; /* how often we were told */
};

static inline void house_note_sealed(void *context)
{
	struct house *h = context;

	h->sealed++;
}

/* As after a start. */
static inline void house_start(struct house *h)
{
	struct spool_sink_parts parts = {
		.dir = h->w.dir,
		.stages = &h->stages,
		.sealers = h->workers,
		.place = { .dirname = STR("bucket"),
			   .prefix = STR("p"),
			   .layout = h->layout,
			   .content_encoding = STR("auto") },
		.stats = &h->w.stats,
		.log = h->w.log,
		.streams = &h->streams,
		.sealed = house_note_sealed,
		.context = h,
	};

	h->spool_sink = spool_sink_new(&parts);
	assert_non_null(h->spool_sink);
	h->sink = spool_sink_base(h->spool_sink);
}

static inline void house_open(struct house *h)
{
	*h = (struct house){ .streams = { .lock = PTHREAD_MUTEX_INITIALIZER } };
	world_make(&h->w);
	world_open(&h->w, start);
	h->stages.record = &flow_shape;
	h->stages.header = &header_none;
	h->stages.encode = &encode_json;
	h->stages.compress = &compress_none;
	assert_int_equal(stage_state_new(&encode_json.stage, &h->stages.encode_state), 0);
	h->workers = workers_new(0, "test", NULL);
	assert_non_null(h->workers);
	house_start(h);
}

static inline void house_stop(struct house *h)
{
	spool_sink_free(h->spool_sink);
	h->spool_sink = NULL;
}

/* kill -9, and a new start. */
static inline void house_restart(struct house *h)
{
	house_stop(h);
	world_reopen(&h->w, start);
	house_start(h);
}

static inline void house_close(struct house *h)
{
	house_stop(h);
	workers_free(h->workers);
	stage_set_fini(&h->stages);
	world_end(&h->w);
}

#endif
