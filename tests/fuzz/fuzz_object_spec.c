/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_spec.c - the spec of an open object, and an object made by it. */
#include "fuzz.h"
#include "stage/object_builder.h"

#define ARENA_MAX ((size_t)1 << 20)

struct memory {
	struct byte_sink sink;
	struct buf bytes;
};

static int keep(struct byte_sink *sink, struct str bytes)
{
	struct memory *m = (struct memory *)sink;

	buf_put(&m->bytes, bytes);
	return buf_error(&m->bytes);
}

static int make(const struct object_spec *spec, struct memory *m)
{
	const struct object about = {
		.key = STR("key"),
		.first_ms = 1,
		.last_ms = 2,
		.records = 1,
	};
	struct object_builder builder;
	int error;

	*m = (struct memory){ { keep }, BUF_INIT(FUZZ_MEMORY) };
	error = object_builder_start(&builder, spec, &about, &m->sink);
	if (!error)
		error = object_builder_rows(&builder, STR(",\n{\"a\":1}"));
	if (!error)
		error = object_builder_finish(&builder);
	object_builder_end(&builder);
	return error;
}

/* The next start gives it a key of its slot. */
static void check_key(const struct object_spec_place *place)
{
	struct key_parts parts = {
		.prefix = place->prefix,
		.tag = place->tag,
		.time_ms = place->slot_ms,
	};
	struct buf key = BUF_INIT(FUZZ_MEMORY);

	layout_key(&place->layout, &parts, &key);
	fuzz_check(!buf_error(&key) && key.len > place->prefix.len, "it has a key");
	fuzz_check(place->layout.slot_ms || !layout_slot(&place->layout, place->slot_ms),
		   "without times there is no slot");
	buf_fini(&key);
}

/* A retry writes the same bytes. */
static void check_again(struct str text, const struct memory *expected)
{
	struct arena arena = ARENA_INIT(ARENA_MAX);
	struct err err = ERR_INIT;
	struct object_spec again;
	struct memory m;

	fuzz_check(object_spec_read(text, &arena, &again, &err) == 0 &&
			   make(&again, &m) == 0 &&
			   str_equal(buf_str(&m.bytes), buf_str(&expected->bytes)),
		   "the same spec makes the same object");
	buf_fini(&m.bytes);
	object_spec_fini(&again);
	arena_fini(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena arena = ARENA_INIT(ARENA_MAX);
	struct err err = ERR_INIT;
	struct object_spec spec;
	struct memory m;

	if (object_spec_read(fuzz_str(data, size), &arena, &spec, &err) < 0) {
		fuzz_check(*err.text, "whoever fails says why");
	} else {
		check_key(&spec.place);
		if (make(&spec, &m) == 0)
			check_again(fuzz_str(data, size), &m);
		buf_fini(&m.bytes);
		object_spec_fini(&spec);
	}
	arena_fini(&arena);
	return 0;
}
