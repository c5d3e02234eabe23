/* SPDX-License-Identifier: Apache-2.0 */
/* recipe.c - see recipe.h. */
#include <errno.h>
#include "format/json_read.h"
#include "format/json_write.h"
#include "stage/recipe.h"

#define OPTIONS_MAX (256 * 1024)
#define FRAME_MAX   (1 << 20)

/* A recipe as it is written. */
struct recipe_text {
	int64_t format;
	struct str tag, dirname, prefix, content_encoding, transform;
	struct str header, encode, compress;
	struct raw header_options, encode_options, compress_options;
};

#define RECIPE(member) FIELD(struct recipe_text, member, #member, FIELD_OMIT_EMPTY)

static const struct shape recipe_shape = {
	.name = "recipe",
	.size = sizeof(struct recipe_text),
	.fields =
		(const struct field[]){
			RECIPE(format),
			RECIPE(tag),
			RECIPE(dirname),
			RECIPE(prefix),
			RECIPE(content_encoding),
			RECIPE(transform),
			RECIPE(header),
			RECIPE(header_options),
			RECIPE(encode),
			RECIPE(encode_options),
			RECIPE(compress),
			RECIPE(compress_options),
			{ 0 },
		},
};

static const struct json_style compact = { false, 0 };

static struct raw write_options(const struct stage_instance *instance, struct buf *b)
{
	size_t from = b->len;

	if (!instance->state)
		return (struct raw){ { NULL, 0 } };
	json_put_record(b, instance->stage->state, instance->state, compact);
	return (struct raw){ { NULL, b->len - from } };
}

void recipe_write(const struct stage_set *set, const struct recipe_place *place,
		  struct buf *out)
{
	const struct stage_instance *header = &set->at[KIND_HEADER];
	const struct stage_instance *encode = &set->at[KIND_ENCODE];
	const struct stage_instance *compress = &set->at[KIND_COMPRESS];
	struct buf options = BUF_INIT(OPTIONS_MAX);
	struct recipe_text text = {
		.format = RECIPE_FORMAT,
		.tag = str_of(tag_names[place->tag]),
		.dirname = place->dirname,
		.prefix = place->prefix,
		.content_encoding = place->content_encoding,
		.transform = str_of(set->at[KIND_TRANSFORM].stage->name),
		.header = str_of(header->stage->name),
		.encode = str_of(encode->stage->name),
		.compress = str_of(compress->stage->name),
		.header_options = write_options(header, &options),
		.encode_options = write_options(encode, &options),
		.compress_options = write_options(compress, &options),
	};

	text.header_options.text.ptr = options.ptr;
	text.encode_options.text.ptr = options.ptr + text.header_options.text.len;
	text.compress_options.text.ptr = text.encode_options.text.ptr +
					 text.encode_options.text.len;
	if (buf_error(&options))
		out->error = buf_error(&options);
	else
		json_put_record(out, &recipe_shape, &text, compact);
	buf_fini(&options);
}

static int read_stage(struct stage_instance *instance, enum stage_kind kind,
		      struct str name, struct raw options, struct arena *arena,
		      struct err *err)
{
	const struct stage *stage = registry_find(kind, name);
	struct json_reader r;

	if (!stage)
		return err_set(err, "no such stage: " STR_FMT, STR_ARG(name));
	if (stage_instance_new(instance, stage) < 0)
		return err_set(err, "out of memory");
	json_reader_init(&r, options.text, arena);
	if (stage->state && options.text.len &&
	    !json_read_object(&r, stage->state, instance->state))
		return err_set(err, "options of " STR_FMT " are broken", STR_ARG(name));
	return stage_instance_init(instance, err);
}

static int find_tag(struct str name, enum tag *out)
{
	int tag;

	for (tag = 0; tag < TAG_COUNT; tag++) {
		if (str_is(name, tag_names[tag])) {
			*out = (enum tag)tag;
			return 0;
		}
	}
	return -EINVAL;
}

static void resolve_content(struct recipe *recipe, struct str content_encoding)
{
	const struct compress *compress = (const void *)recipe->compress.stage;
	const struct encode *encode = (const void *)recipe->encode.stage;

	recipe->content_type = str_of(encode->content_type);
	recipe->content_encoding = (struct str){ NULL, 0 };
	if (str_is(content_encoding, "gzip"))
		recipe->content_encoding = STR("gzip");
	else if (!str_is(content_encoding, "none") && compress->content_encoding)
		recipe->content_encoding = str_of(compress->content_encoding);
}

int recipe_read(struct str bytes, struct arena *arena, struct recipe *recipe,
		struct err *err)
{
	struct recipe_text text = { 0 };
	struct json_reader r;
	int error;

	*recipe = (struct recipe){ 0 };
	json_reader_init(&r, bytes, arena);
	if (!json_read_object(&r, &recipe_shape, &text))
		return err_set(err, "not a recipe");
	if (text.format != RECIPE_FORMAT)
		return err_set(err, "format %lld; this version knows %d",
			       (long long)text.format, RECIPE_FORMAT);
	recipe->place = (struct recipe_place){
		.dirname = text.dirname,
		.prefix = text.prefix,
		.content_encoding = text.content_encoding,
	};
	recipe->transform = (const void *)registry_find(KIND_TRANSFORM, text.transform);
	if (find_tag(text.tag, &recipe->place.tag) < 0 || !recipe->transform)
		return err_set(err, "unknown tag or transform");
	error = read_stage(&recipe->header, KIND_HEADER, text.header, text.header_options,
			   arena, err);
	if (!error)
		error = read_stage(&recipe->encode, KIND_ENCODE, text.encode,
				   text.encode_options, arena, err);
	if (!error)
		error = read_stage(&recipe->compress, KIND_COMPRESS, text.compress,
				   text.compress_options, arena, err);
	if (error)
		recipe_fini(recipe);
	else
		resolve_content(recipe, text.content_encoding);
	return error;
}

void recipe_fini(struct recipe *recipe)
{
	if (recipe->header.stage)
		stage_instance_fini(&recipe->header);
	if (recipe->encode.stage)
		stage_instance_fini(&recipe->encode);
	if (recipe->compress.stage)
		stage_instance_fini(&recipe->compress);
}

static int put(struct making *m, struct str bytes)
{
	const struct compress *compress = (const void *)m->recipe->compress.stage;

	if (bytes.len == 0)
		return 0;
	if (!compress->start)
		return m->sink->put(m->sink, bytes);
	return compress->write(m->stream, bytes, m->sink);
}

int making_start(struct making *m, const struct recipe *recipe,
		 const struct object *object, struct byte_sink *sink)
{
	const struct compress *compress = (const void *)recipe->compress.stage;
	const struct header *header = (const void *)recipe->header.stage;
	const struct encode *encode = (const void *)recipe->encode.stage;
	struct arena arena = ARENA_INIT(FRAME_MAX);
	struct buf head = BUF_INIT(FRAME_MAX);
	struct header_member *members;
	size_t count;
	int error;

	*m = (struct making){ .recipe = recipe,
			      .sink = sink,
			      .end = BUF_INIT(FRAME_MAX) };
	m->skip = encode->separator(recipe->encode.state, header->is_header).len;
	count = header->members(recipe->header.state, object, &arena, &members);
	encode->frame(recipe->encode.state, recipe->transform->record, members, count,
		      &head, &m->end);
	error = arena_error(&arena);
	if (!error)
		error = buf_error(&head) ? buf_error(&head) : buf_error(&m->end);
	if (!error && compress->start) {
		m->stream = compress->start(recipe->compress.state);
		error = m->stream ? 0 : -ENOMEM;
	}
	if (!error)
		error = put(m, buf_str(&head));
	buf_fini(&head);
	arena_fini(&arena);
	return error;
}

int making_rows(struct making *m, struct str rows)
{
	size_t skip = m->skip < rows.len ? m->skip : rows.len;

	m->skip -= skip;
	return put(m, str_skip(rows, skip));
}

int making_finish(struct making *m)
{
	const struct compress *compress = (const void *)m->recipe->compress.stage;
	int error = put(m, buf_str(&m->end));

	if (!error && compress->start)
		error = compress->finish(m->stream, m->sink);
	return error;
}

void making_end(struct making *m)
{
	const struct compress *compress = (const void *)m->recipe->compress.stage;

	if (compress->start)
		compress->end(m->stream);
	m->stream = NULL;
	buf_fini(&m->end);
}
