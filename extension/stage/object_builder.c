/* SPDX-License-Identifier: Apache-2.0 */
/* object_builder.c - see object_builder.h. */
#include <errno.h>
#include "stage/object_builder.h"

#define FRAME_MAX (1 << 20)

static int builder_put(struct object_builder *b, struct str bytes)
{
	const struct compress *compress = b->spec->compress;

	if (bytes.len == 0)
		return 0;
	if (!compress->start)
		return b->sink->put(b->sink, bytes);
	return compress->write(b->stream, bytes, b->sink);
}

/* The header's members around the head and the end. */
static int builder_frame(const struct object_spec *spec, const struct object *object,
			 struct buf *head, struct buf *end)
{
	const struct header *header = spec->header;
	const struct encode *encode = spec->encode;
	struct arena arena = ARENA_INIT(FRAME_MAX);
	struct header_member *members;
	size_t count = header->members(spec->header_state, spec->record, object, &arena,
				       &members);
	int error = arena_error(&arena);

	if (!error && encode->frame)
		encode->frame(spec->encode_state, &spec->columns, members, count, head,
			      end);
	arena_fini(&arena);
	if (error)
		return error;
	return buf_error(head) ? buf_error(head) : buf_error(end);
}

int object_builder_start(struct object_builder *b, const struct object_spec *spec,
			 const struct object *object, struct byte_sink *sink)
{
	const struct compress *compress = spec->compress;
	const struct header *header = spec->header;
	const struct encode *encode = spec->encode;
	int error;

	*b = (struct object_builder){ .spec = spec,
				      .sink = sink,
				      .head = BUF_INIT(FRAME_MAX),
				      .end = BUF_INIT(FRAME_MAX) };
	if (encode->separator)
		b->skip = encode->separator(spec->encode_state, header->is_header).len;
	error = builder_frame(spec, object, &b->head, &b->end);
	if (!error && compress->start) {
		b->stream = compress->start(spec->compress_state);
		error = b->stream ? 0 : -ENOMEM;
	}
	return error;
}

int object_builder_expect(struct object_builder *b, int64_t rows_bytes)
{
	const struct compress *compress = b->spec->compress;
	int64_t skip = (int64_t)b->skip < rows_bytes ? (int64_t)b->skip : rows_bytes;
	int64_t bytes = (int64_t)b->head.len + rows_bytes - skip + (int64_t)b->end.len;

	if (!compress->start || !compress->expect)
		return 0;
	b->expected = bytes;
	if (compress->memory)
		b->memory = compress->memory(bytes);
	return compress->expect(b->stream, bytes);
}

void object_builder_lend(struct object_builder *b, char *room)
{
	b->spec->compress->lend(b->stream, room);
}

static int put_head(struct object_builder *b)
{
	int error = builder_put(b, buf_str(&b->head));

	buf_reset(&b->head);
	return error;
}

int object_builder_rows(struct object_builder *b, struct str rows)
{
	size_t skip = b->skip < rows.len ? b->skip : rows.len;
	int error = put_head(b);

	b->skip -= skip;
	return error ? error : builder_put(b, str_skip(rows, skip));
}

int object_builder_finish(struct object_builder *b)
{
	const struct compress *compress = b->spec->compress;
	int error = put_head(b);

	if (!error)
		error = builder_put(b, buf_str(&b->end));
	if (!error && compress->start)
		error = compress->finish(b->stream, b->sink);
	return error;
}

void object_builder_end(struct object_builder *b)
{
	const struct compress *compress = b->spec->compress;

	if (compress->start)
		compress->end(b->stream);
	b->stream = NULL;
	buf_fini(&b->head);
	buf_fini(&b->end);
}
