/* SPDX-License-Identifier: Apache-2.0 */
/* object_spec.c - see object_spec.h. */
#include <errno.h>
#include <stdio.h>
#include "format/json_read.h"
#include "format/json_write.h"
#include "stage/object_spec.h"
#include "stage/stage_state.h"

#define OPTIONS_MAX (256 * 1024)

#define METADATA_FIXED 6
#define METADATA_MAX   2000 /* bytes of names and values; S3 takes 2048 */

/* A spec as it is written. */
struct object_spec_text {
	int64_t format;
	struct str tag, dirname, prefix, layout, content_encoding, record;
	int64_t slot_ms;
	bool is_labelled, is_titled_by_tag;
	struct strs columns;
	struct str header, encode, compress;
	struct raw header_options, encode_options, compress_options;
};

#define OBJECT_SPEC(member)                                                              \
	FIELD(struct object_spec_text, member, #member, FIELD_OMIT_EMPTY)

static const struct shape object_spec_shape = {
	.name = "object_spec",
	.size = sizeof(struct object_spec_text),
	.fields =
		(const struct field[]){
			OBJECT_SPEC(format),
			OBJECT_SPEC(tag),
			OBJECT_SPEC(dirname),
			OBJECT_SPEC(prefix),
			OBJECT_SPEC(layout),
			OBJECT_SPEC(slot_ms),
			OBJECT_SPEC(is_labelled),
			OBJECT_SPEC(is_titled_by_tag),
			OBJECT_SPEC(content_encoding),
			OBJECT_SPEC(record),
			OBJECT_SPEC(columns),
			OBJECT_SPEC(header),
			OBJECT_SPEC(header_options),
			OBJECT_SPEC(encode),
			OBJECT_SPEC(encode_options),
			OBJECT_SPEC(compress),
			OBJECT_SPEC(compress_options),
			{ 0 },
		},
};

static const struct json_style compact = { false, 0 };

static struct raw write_options(const struct stage *stage, const void *state,
				struct buf *b)
{
	size_t from = b->len;

	if (!state)
		return (struct raw){ { NULL, 0 } };
	json_put_record(b, stage->state, state, compact);
	return (struct raw){ { NULL, b->len - from } };
}

void object_spec_write(const struct stage_set *set, const struct object_spec_place *place,
		       struct buf *out)
{
	const struct stage *header = &set->header->stage;
	const struct stage *encode = &set->encode->stage;
	const struct stage *compress = &set->compress->stage;
	struct buf options = BUF_INIT(OPTIONS_MAX);
	struct arena columns = ARENA_INIT(OPTIONS_MAX);
	struct object_spec_text text = {
		.format = OBJECT_SPEC_FORMAT,
		.tag = str_of(tag_names[place->tag]),
		.dirname = place->dirname,
		.prefix = place->prefix,
		.layout = place->layout.text,
		.slot_ms = place->slot_ms,
		.is_labelled = place->is_labelled,
		.is_titled_by_tag = place->is_titled_by_tag,
		.content_encoding = place->content_encoding,
		.record = str_of(set->record->name),
		.header = str_of(header->name),
		.encode = str_of(encode->name),
		.compress = str_of(compress->name),
	};

	/* One after the other: C leaves open in which order an initialiser calls. */
	text.header_options = write_options(header, set->header_state, &options);
	text.encode_options = write_options(encode, set->encode_state, &options);
	text.compress_options = write_options(compress, set->compress_state, &options);
	/* Left out, as specs were before there was another one. */
	if (str_is(text.layout, LAYOUT_EXPORTER))
		text.layout = STR("");
	text.columns = stage_set_columns(set, &columns);
	text.header_options.text.ptr = options.ptr;
	text.encode_options.text.ptr = options.ptr + text.header_options.text.len;
	text.compress_options.text.ptr = text.encode_options.text.ptr +
					 text.encode_options.text.len;
	if (buf_error(&options) || arena_error(&columns))
		out->error = buf_error(&options) ? buf_error(&options)
						 : arena_error(&columns);
	else
		json_put_record(out, &object_spec_shape, &text, compact);
	buf_fini(&options);
	arena_fini(&columns);
}

/* The stage of that name, its state as the options say; NULL with the reason. */
static const struct stage_entry *read_stage(enum stage_kind kind, struct str name,
					    struct raw options, struct arena *arena,
					    void **state, struct err *err)
{
	const struct stage_entry *entry = registry_find(kind, name);
	struct json_reader r;

	if (!entry) {
		err_set(err, "no such stage: " STR_FMT, STR_ARG(name));
		return NULL;
	}
	if (stage_state_new(entry->stage, state) < 0) {
		err_set(err, "out of memory");
		return NULL;
	}
	json_reader_init(&r, options.text, arena);
	if (entry->stage->state && options.text.len &&
	    !json_read_object(&r, entry->stage->state, *state))
		err_set(err, "options of " STR_FMT " are broken", STR_ARG(name));
	else if (stage_state_init(entry->stage, *state, err) == 0)
		return entry;
	stage_state_free(entry->stage, *state);
	*state = NULL;
	return NULL;
}

/* 0, or -EINVAL with the reason. */
static int read_stages(struct object_spec *spec, const struct object_spec_text *text,
		       struct arena *arena, struct err *err)
{
	const struct stage_entry *entry;

	entry = read_stage(KIND_HEADER, text->header, text->header_options, arena,
			   &spec->header_state, err);
	if (!entry)
		return -EINVAL;
	spec->header = entry->header;
	entry = read_stage(KIND_ENCODE, text->encode, text->encode_options, arena,
			   &spec->encode_state, err);
	if (!entry)
		return -EINVAL;
	spec->encode = entry->encode;
	entry = read_stage(KIND_COMPRESS, text->compress, text->compress_options, arena,
			   &spec->compress_state, err);
	if (!entry)
		return -EINVAL;
	spec->compress = entry->compress;
	return 0;
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

static void resolve_content(struct object_spec *spec, struct str content_encoding)
{
	const struct compress *compress = spec->compress;

	spec->content_type = str_of(spec->encode->content_type);
	spec->content_encoding = (struct str){ NULL, 0 };
	if (spec->place.is_labelled)
		spec->content_type = str_of(spec->encode->labelled_type
						    ? spec->encode->labelled_type
						    : LABELLED_ROWS_TYPE);
	if (str_is(content_encoding, "none") && compress->content_type)
		spec->content_type = str_of(compress->content_type);
	if (str_is(content_encoding, "gzip"))
		spec->content_encoding = STR("gzip");
	else if (!str_is(content_encoding, "none") && compress->content_encoding)
		spec->content_encoding = str_of(compress->content_encoding);
}

int object_spec_read(struct str bytes, struct arena *arena, struct object_spec *spec,
		     struct err *err)
{
	struct object_spec_text text = { 0 };
	struct json_reader r;
	int error;

	*spec = (struct object_spec){ 0 };
	json_reader_init(&r, bytes, arena);
	if (!json_read_object(&r, &object_spec_shape, &text))
		return err_set(err, "not an object's spec");
	if (text.format != OBJECT_SPEC_FORMAT)
		return err_set(err, "format %lld; this version knows %d",
			       (long long)text.format, OBJECT_SPEC_FORMAT);
	spec->place = (struct object_spec_place){
		.dirname = text.dirname,
		.prefix = text.prefix,
		.slot_ms = text.slot_ms,
		.is_labelled = text.is_labelled,
		.is_titled_by_tag = text.is_titled_by_tag,
		.content_encoding = text.content_encoding,
	};
	spec->record = text.record;
	spec->columns = text.columns;
	if (find_tag(text.tag, &spec->place.tag) < 0)
		return err_set(err, "unknown tag");
	if (layout_init(&spec->place.layout,
			text.layout.len ? text.layout : STR(LAYOUT_EXPORTER), err) < 0)
		return -EINVAL;
	error = read_stages(spec, &text, arena, err);
	if (error)
		object_spec_fini(spec);
	else
		resolve_content(spec, text.content_encoding);
	return error;
}

bool object_spec_is_plain(const struct object_spec *spec)
{
	return spec->place.is_labelled && !spec->compress->start &&
	       !spec->encode->frame && !spec->encode->separator;
}

void object_spec_fini(struct object_spec *spec)
{
	if (spec->header)
		stage_state_free(&spec->header->stage, spec->header_state);
	if (spec->encode)
		stage_state_free(&spec->encode->stage, spec->encode_state);
	if (spec->compress)
		stage_state_free(&spec->compress->stage, spec->compress_state);
	spec->header = NULL;
	spec->encode = NULL;
	spec->compress = NULL;
}

static struct str spec_number(struct arena *arena, int64_t value)
{
	char *text = arena_bytes(arena, 24);

	if (!text)
		return STR("");
	return (struct str){ text, (size_t)snprintf(text, 24, "%lld", (long long)value) };
}

/* Names and values of HTTP headers: what else there is becomes "_". */
static struct str spec_printable(struct arena *arena, struct str s)
{
	char *text = arena_bytes(arena, s.len);
	size_t i;

	for (i = 0; text && i < s.len; i++)
		text[i] = s.ptr[i] > ' ' && s.ptr[i] < 0x7f ? s.ptr[i]
			  : s.ptr[i] == ' '		    ? ' '
							    : '_';
	return (struct str){ text, text ? s.len : 0 };
}

static bool is_header_name(struct str name)
{
	size_t i;

	for (i = 0; i < name.len; i++)
		if (!strchr("abcdefghijklmnopqrstuvwxyz0123456789-_.", name.ptr[i]))
			return false;
	return name.len > 0;
}

static void spec_add_metadata(struct map_of_str *metadata, size_t *left, struct str name,
			      struct str value)
{
	if (value.len == 0 || name.len + value.len > *left)
		return;
	*left -= name.len + value.len;
	metadata->name[metadata->count] = name;
	metadata->value[metadata->count++] = value;
}

void object_spec_metadata(const struct object_spec *spec, const struct object *object,
			  struct arena *arena, struct map_of_str *metadata)
{
	struct header_member *member;
	size_t count = spec->header->members(spec->header_state, spec->record, object,
					     arena, &member);
	size_t room = (METADATA_FIXED + count) * sizeof(struct str);
	size_t left = METADATA_MAX, i;

	*metadata = (struct map_of_str){
		.name = arena_alloc(arena, room),
		.value = arena_alloc(arena, room),
	};
	if (arena_error(arena))
		return;
	spec_add_metadata(metadata, &left, STR("first-timestamp"),
			  spec_number(arena, object->first_ms));
	spec_add_metadata(metadata, &left, STR("last-timestamp"),
			  spec_number(arena, object->last_ms));
	spec_add_metadata(metadata, &left, STR("num-records"),
			  spec_number(arena, object->records));
	if (object->lost_flows)
		spec_add_metadata(metadata, &left, STR("lost-flows"),
				  spec_number(arena, object->lost_flows));
	if (spec->place.is_labelled) {
		spec_add_metadata(metadata, &left, STR("tag"),
				  str_of(tag_names[spec->place.tag]));
		spec_add_metadata(metadata, &left, STR("record"), spec->record);
	}
	for (i = 0; i < count; i++)
		if (member[i].is_metadata && is_header_name(member[i].name))
			spec_add_metadata(metadata, &left, member[i].name,
					  member[i].is_number
						  ? spec_number(arena, member[i].number)
						  : spec_printable(arena,
								   member[i].text));
}
