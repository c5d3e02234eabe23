/* SPDX-License-Identifier: Apache-2.0 */
/* pipeline_settings.c - see pipeline_settings.h. */
#include <stdatomic.h>
#include <stdlib.h>
#include "format/json_write.h"
#include "settings/pipeline_settings.h"
#include "settings/settings_shown.h"
#include "settings/shard_settings.h"
#include "settings/stages_settings.h"

#define KEY_MAX	     1024
#define BUCKET_MAX   255
#define ARENA_MAX    ((size_t)4 << 20)
#define SECTIONS_MAX 64

/* Beside its sections. */
struct pipeline_keys {
	bool is_enabled;
};

static const struct pipeline_keys pipeline_defaults = { .is_enabled = true };

static const struct shape pipeline_shape = {
	.name = "pipeline",
	.size = sizeof(struct pipeline_keys),
	.defaults = &pipeline_defaults,
	.fields =
		(const struct field[]){
			OPTION(struct pipeline_keys, is_enabled, "enabled", 0,
			       "false: the pipeline is read and checked, but does not run"),
			{ 0 },
		},
};

struct pipeline_settings *pipeline_settings_new(struct str name)
{
	struct pipeline_settings *p = calloc(1, sizeof(*p));

	if (!p)
		return NULL;
	p->refs = 1;
	p->arena = (struct arena)ARENA_INIT(ARENA_MAX);
	p->name = strndup(name.ptr, name.len);
	if (p->name)
		return p;
	pipeline_settings_unref(p);
	return NULL;
}

struct pipeline_settings *pipeline_settings_ref(struct pipeline_settings *p)
{
	atomic_fetch_add(&p->refs, 1);
	return p;
}

void pipeline_settings_unref(struct pipeline_settings *p)
{
	if (!p || atomic_fetch_sub(&p->refs, 1) > 1)
		return;
	stage_set_fini(&p->stages);
	config_free(p->config);
	arena_fini(&p->arena);
	free(p->name);
	free(p);
}

/* With series nothing is written: no store has to be configured. */
static void read_writer(struct pipeline_settings *p, const struct config *config,
			struct problems *problems)
{
	if (!p->has_series)
		writer_options_read(&p->writer, config, &p->arena, problems);
	else if (writer_options_default(&p->writer, &writer_stdout, &p->arena) < 0)
		problems_add(problems, "out of memory");
}

/* What ends of names say to readers; NULL: we pack nothing so. */
static const struct {
	const char *end;
	const struct compress *compress;
} ends[] = {
	{ ".gz", &compress_gzip },
	{ ".gzip", &compress_gzip },
	{ ".tgz", NULL },
	{ ".zst", &compress_zstd },
	{ ".zstd", &compress_zstd },
	{ ".bz2", NULL },
	{ ".xz", NULL },
	{ ".lz4", NULL },
	{ ".br", NULL },
	{ ".snappy", NULL },
};

static bool ends_with(struct str text, struct str end)
{
	return text.len >= end.len &&
	       str_equal_nocase(str_skip(text, text.len - end.len), end);
}

/* An operator's own keys, which readers go by. */
static void check_own_keys(const struct pipeline_settings *p, struct err *err)
{
	const struct compress *compress = p->stages.compress;
	size_t i;

	for (i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
		if (ends_with(p->store.bucket.layout.text, str_of(ends[i].end)) &&
		    ends[i].compress != compress)
			err_set_key(
				err, "key",
				"ends in %s, which is not how its objects are packed: "
				"pipeline.compress.type is %s",
				ends[i].end, compress->stage.name);
}

/* Keys must not say what is not so. */
static void check_compress(struct pipeline_settings *p, const struct config *config,
			   struct problems *problems)
{
	struct config_listener listener = { config, "pipeline.store.buffered", problems,
					    false };
	const struct compress *compress = p->stages.compress;
	struct err err = config_listen(&listener);

	if (!compress || p->writer.writer == &writer_stdout)
		return;
	if (p->store.has_own_layout)
		check_own_keys(p, &err);
	else if (p->store.needs_gzip && compress != &compress_gzip)
		err_set_key(&err, "layout", "wants pipeline.compress.type: gzip");
	else if (writer_options_labels(&p->writer).are_wanted)
		layout_init(&p->store.bucket.layout, STR(LAYOUT_BY_RECORD), &err);
	else if (!p->store.needs_gzip && compress == &compress_zstd &&
		 p->store.bucket.layout.text.len)
		layout_init(&p->store.bucket.layout, STR(LAYOUT_ZSTD), &err);
	err_also(&err);
}

/* The first byte that no name of a bucket has; its length: there is none. */
static size_t stray_byte(struct str bucket)
{
	size_t i;

	for (i = 0; i < bucket.len; i++)
		if ((unsigned char)bucket.ptr[i] <= ' ' ||
		    (unsigned char)bucket.ptr[i] >= 0x7f ||
		    strchr("\"'\\`<>|*?#%&{}[]^", bucket.ptr[i]))
			break;
	return i;
}

/* Of all tags, as long as numbers usually get. */
static size_t longest_key(const struct pipeline_settings *p)
{
	struct key_parts parts = {
		.prefix = p->store.bucket.prefix,
		.tag = TAG_INTERNAL,
		.stream = INT32_MAX,
	};
	struct buf key = BUF_INIT(p->store.bucket.prefix.len + 2 * KEY_MAX);
	size_t len;

	if (!p->store.bucket.layout.text.len)
		return 0; /* already complained of */
	layout_key(&p->store.bucket.layout, &parts, &key);
	len = buf_error(&key) ? SIZE_MAX : key.len;
	buf_fini(&key);
	return len;
}

/* What S3 never takes is said before anything is sent: names of buckets are ASCII
 * without blanks, and a key has 1,024 bytes at most ("Creating object key names" and
 * "Bucket naming rules" in the S3 User Guide; other stores take more names). */
static void check_place(const struct pipeline_settings *p, const struct config *config,
			struct problems *problems)
{
	struct config_listener listener = { config, "pipeline.store.buffered", problems,
					    false };
	struct str bucket = p->store.dirname, prefix = p->store.bucket.prefix;
	struct err err = config_listen(&listener);
	size_t stray = stray_byte(bucket);

	if (p->writer.writer != &writer_s3)
		return;
	if (stray < bucket.len)
		err_set_key(
			&err, "dirname",
			"is no name of a bucket, at its character %zu: blanks, quotes and "
			"what is not ASCII do not belong there; was it pasted?",
			stray + 1);
	else if (bucket.len > BUCKET_MAX || str_is(bucket, ".") || str_is(bucket, ".."))
		err_set_key(&err, "dirname",
			    "is no name of a bucket: those have %d bytes at most, 63 at "
			    "most stores, and are no dots",
			    BUCKET_MAX);
	err_also(&err);
	if (longest_key(p) > KEY_MAX)
		err_set_key(
			&err, "filename_prefix",
			"has %zu bytes: with what follows keys would be longer than the "
			"%d bytes that a store takes",
			prefix.len, KEY_MAX);
	err_also(&err);
}

void pipeline_settings_read(struct pipeline_settings *p, struct problems *problems)
{
	const struct config *config = p->config;
	struct pipeline_keys keys = pipeline_defaults;
	size_t before = problems->count;
	enum store_type type;

	config_read(config, "", &pipeline_shape, &keys, &p->arena, problems);
	p->is_disabled = !keys.is_enabled;

	source_options_read(&p->source, config, &p->arena, problems);
	type = store_type_read(config, &p->arena, problems);
	p->has_series = type == STORE_PROM_SKY_CON;
	read_writer(p, config, problems);
	stages_settings_read(&p->stages, &p->writer, config, &p->arena, problems);
	store_options_read(&p->store, config, type, p->writer.writer == &writer_stdout,
			   &p->arena, problems);
	check_compress(p, config, problems);
	check_place(p, config, problems);
	if (p->has_series)
		prom_sky_con_read(&p->prom_sky_con, config, &p->stages, &p->arena,
				  problems);
	account_options_read(&p->account, config, &p->arena, problems);
	limits_settings_read(&p->limits, config, &p->arena, problems);
	shard_settings_check(p, config, problems);
	p->has_values = problems->count == before;
}

int pipeline_settings_redirect(struct pipeline_settings *p, struct str directory)
{
	/* Rows without ends are for no file. */
	if (p->stages.encode && p->stages.encode->labelled_type)
		p->stages.encode = &encode_ndjson;
	if (p->writer.writer == &writer_stdout)
		return 0;
	return writer_options_file(&p->writer, directory, &p->arena);
}

static void put_section(const struct config *config, const struct config_section *section,
			struct buf *text, struct buf *shown)
{
	struct arena arena = ARENA_INIT(ARENA_MAX);
	struct problems ignored = PROBLEMS_INIT;
	void *state = arena_alloc(&arena, section->shape->size);

	if (state && config_read(config, section->path, section->shape, state, &arena,
				 &ignored) == 0) {
		buf_printf(text, "%s", section->path);
		json_put_record(text, section->shape, state, (struct json_style){ 0 });
		buf_putc(text, '\n');
		settings_put_shown(section, state, shown);
	}
	problems_fini(&ignored);
	arena_fini(&arena);
}

void pipeline_settings_show(const struct config *config,
			    const struct config_section *section, struct buf *shown)
{
	struct buf text = BUF_INIT(ARENA_MAX);

	put_section(config, section, &text, shown);
	buf_fini(&text);
}

void pipeline_settings_text(const struct config *config, bool writer, struct buf *text,
			    struct buf *shown)
{
	struct config_section sections[SECTIONS_MAX];
	size_t count = pipeline_settings_sections(sections, SECTIONS_MAX), i;

	for (i = 0; i < count; i++)
		if (writer == str_starts(str_of(sections[i].path), STR("pipeline.write")))
			put_section(config, &sections[i], text, shown);
}

void pipeline_settings_try(const struct config *config, struct problems *problems)
{
	struct config_section sections[SECTIONS_MAX];
	size_t count = pipeline_settings_sections(sections, SECTIONS_MAX), i;

	for (i = 0; i < count; i++) {
		struct arena arena = ARENA_INIT(ARENA_MAX);
		void *state = arena_alloc(&arena, sections[i].shape->size);

		if (state)
			config_read(config, sections[i].path, sections[i].shape, state,
				    &arena, problems);
		arena_fini(&arena);
	}
}

size_t pipeline_settings_sections(struct config_section *sections, size_t max)
{
	size_t (*const parts[])(struct config_section *, size_t) = {
		registry_sections,	source_sections,  writer_options_sections,
		store_options_sections, account_sections,
	};
	size_t count = 0, i;

	for (i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		count += parts[i](sections + count, count < max ? max - count : 0);
	if (count < max)
		sections[count] = prom_sky_con_section;
	count++;
	if (count < max)
		sections[count] = limits_settings_section;
	count++;
	if (count < max)
		sections[count] = (struct config_section){ "", &pipeline_shape };
	return count + 1;
}
