/* SPDX-License-Identifier: Apache-2.0 */
/* decode_json.c - see decode.h. */
#include <errno.h>
#include "flow/decode.h"
#include "format/json_read.h"

static const char *const error_text[] = {
	[JSON_SYNTAX] = "not JSON",
	[JSON_DEPTH] = "nested too deeply",
	[JSON_MEMORY] = "too large for the memory of a batch",
	[JSON_TYPE] = "not a list of flows",
	[JSON_NUMBER] = "a number out of range",
	[JSON_ENUM] = "an unknown name",
};

static enum bad_flow decode_json_reason(enum json_error error)
{
	switch (error) {
	case JSON_NUMBER:
		return BAD_FLOW_NUMBER;
	case JSON_ENUM:
		return BAD_FLOW_PROTOCOL;
	case JSON_MEMORY:
		return BAD_FLOW_MEMORY;
	default:
		return BAD_FLOW_TYPE;
	}
}

/* Reads one element of the list. false: the rest cannot be read. */
static bool decode_one(struct json_reader *r, struct batch *batch)
{
	struct json_reader start;
	struct flow *flow;

	if (json_read_null(r)) {
		batch->bad[BAD_FLOW_NULL]++;
		return true;
	}
	start = *r;
	flow = batch_add(batch);
	if (flow && json_read_object(r, &flow_shape, flow))
		return true;
	if (flow)
		batch_drop_last(batch);
	else
		r->error = JSON_MEMORY;
	/* What comes after it does not fit either, and is only counted. */
	if (r->error == JSON_MEMORY)
		batch_close(batch);
	else if (!json_error_is_local(r->error))
		return false;
	batch->bad[decode_json_reason(r->error)]++;
	*r = start;
	return json_skip(r, NULL);
}

int decode_json(struct str obj, struct batch *batch, struct err *err)
{
	struct json_reader r;

	json_reader_init(&r, obj, &batch->arena);
	if (json_read_null(&r) || json_at_end(&r))
		goto end;
	if (!json_next(&r, '[')) {
		r.error = JSON_TYPE;
		goto fail;
	}
	if (json_next(&r, ']'))
		goto end;
	do {
		if (!decode_one(&r, batch))
			goto fail;
	} while (json_next(&r, ','));
	if (!json_next(&r, ']'))
		goto broken;
end:
	if (json_at_end(&r))
		return 0;
broken:
	r.error = JSON_SYNTAX;
fail:
	return err_set(err, "flows: %s at byte %zu of %zu", error_text[r.error],
		       (size_t)(r.at - (obj.ptr ? obj.ptr : r.at)), obj.len);
}
