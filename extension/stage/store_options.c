/* SPDX-License-Identifier: Apache-2.0 */
/* store_options.c - see store_options.h. */
#include "stage/layouts.h"
#include "stage/store_options.h"

#define SECTION	       "pipeline.store.buffered"
#define DIRECT_DIRNAME "my_dirname" /* the Go exporter's own */
#define LATE_USUAL_MS  60000	    /* an analyzer's flow.update */

struct store_type_keys {
	int type;
};

static const char *const type_names[] = { "buffered", "direct", "prom_sky_con", NULL };

static const struct shape type_shape = {
	.name = "store",
	.size = sizeof(struct store_type_keys),
	.fields =
		(const struct field[]){
			OPTION_ENUM(struct store_type_keys, type, "type", 0, type_names,
				    "buffered: objects of many records; direct: of one; "
				    "prom_sky_con: none, values for Prometheus"),
			{ 0 },
		},
};

struct buffered {
	struct str dirname, filename_prefix;
	int64_t max_flows_per_object, max_flow_array_size;
	int64_t max_seconds_per_object, max_seconds_per_stream, max_seconds_late; /* ms */
	int content_encoding;
	struct layout_options layout;
};

/* A part of pipeline.transform.awsflowlogs: said there it need not be said again. */
struct aws_names {
	struct str account_id, region;
};

static const struct shape aws_names_shape = {
	.name = "awsflowlogs",
	.size = sizeof(struct aws_names),
	.fields =
		(const struct field[]){
			FIELD(struct aws_names, account_id, "account_id", 0),
			FIELD(struct aws_names, region, "region", 0),
			{ 0 },
		},
};

/* Tells a number that is not there, or that could not be read, from a 0. */
#define UNSET INT64_MIN

static const struct buffered buffered_defaults = {
	.max_flows_per_object = UNSET,
	.max_flow_array_size = UNSET,
	.max_seconds_per_object = UNSET,
	.max_seconds_per_stream = UNSET,
	.max_seconds_late = UNSET,
};

static const char *const content_encoding_names[] = { "auto", "gzip", "none", NULL };

static const struct shape buffered_shape = {
	.name = "buffered",
	.size = sizeof(struct buffered),
	.fields =
		(const struct field[]){
			OPTION(struct buffered, dirname, "dirname", 0,
			       "bucket or directory of the objects"),
			OPTION(struct buffered, filename_prefix, "filename_prefix", 0,
			       "first part of every key"),
			OPTION(struct buffered, max_flows_per_object,
			       "max_flows_per_object", 0, "records of an object at most"),
			OPTION(struct buffered, max_seconds_per_object,
			       "max_seconds_per_object", FIELD_SECONDS,
			       "age of an object at most; 0: one for each message"),
			OPTION(struct buffered, max_seconds_per_stream,
			       "max_seconds_per_stream", FIELD_SECONDS,
			       "then the time in the keys changes and numbers start at 0"),
			OPTION(struct buffered, max_seconds_late, "max_seconds_late",
			       FIELD_SECONDS,
			       "layouts with times: how long after its slot a record "
			       "still comes into it; 0: by arrival"),
			OPTION(struct buffered, max_flow_array_size,
			       "max_flow_array_size", 0,
			       "records of a tag kept in memory while the spool cannot be "
			       "written"),
			OPTION_ENUM(struct buffered, content_encoding, "content_encoding",
				    0, content_encoding_names,
				    "auto: as compressed; gzip: always; none"),
			OPTION_ENUM(struct buffered, layout.name, "layout", 0,
				    layout_names, "how keys are built"),
			OPTION(struct buffered, layout.key, "key", 0,
			       "template: names in braces, {tag}/{stream}/{sequence}.gz"),
			OPTION_ENUM(struct buffered, layout.partition, "partition", 0,
				    partition_names,
				    "aws, aws-hive: a folder a day (auto) or an hour"),
			OPTION(struct buffered, layout.account_id, "account_id", 0,
			       "aws, aws-hive, ibm: in keys"),
			OPTION(struct buffered, layout.region, "region", 0,
			       "aws, aws-hive, ibm: in keys"),
			OPTION(struct buffered, layout.vpc_id, "vpc_id", 0,
			       "ibm: in keys"),
			OPTION(struct buffered, layout.subnet_id, "subnet_id", 0,
			       "ibm: in keys"),
			OPTION(struct buffered, layout.instance_id, "instance_id", 0,
			       "ibm: in keys"),
			OPTION(struct buffered, layout.vnic_id, "vnic_id", 0,
			       "ibm: in keys"),
			{ 0 },
		},
	.defaults = &buffered_defaults,
};

static void check_number(const struct config *config, const char *path, int64_t value,
			 int64_t lowest, const char *why, struct problems *problems)
{
	const char *key = path + sizeof(SECTION ".") - 1;
	bool is_set = value != UNSET || config_is_set(config, path);
	struct err err = ERR_INIT;

	if (value >= lowest || (value == UNSET && (is_set || lowest == 0)))
		return; /* fine, or already complained of */
	if (value < 0 && value != UNSET)
		err_set_key(&err, key, "must not be negative");
	else
		err_set_key(&err, key, "must be set, to 1 or more: %s", why);
	config_problem(config, SECTION, &err, problems);
}

static void check_buffered(const struct config *config, const struct buffered *b,
			   struct problems *problems)
{
	check_number(config, SECTION ".max_flows_per_object", b->max_flows_per_object, 1,
		     "with 0 an object would never hold a record", problems);
	check_number(config, SECTION ".max_flow_array_size", b->max_flow_array_size, 1,
		     "with 0 every record would be discarded", problems);
	check_number(config, SECTION ".max_seconds_per_stream", b->max_seconds_per_stream,
		     1, "with 0 objects would overwrite each other", problems);
	check_number(config, SECTION ".max_seconds_per_object", b->max_seconds_per_object,
		     0, "", problems);
}

static void read_layout(struct store_options *store, const struct config *config,
			struct layout_options *options, struct arena *arena,
			struct problems *problems)
{
	struct config_listener listener = { config, SECTION, problems, false };
	struct aws_names aws = { 0 };
	struct err err = config_listen(&listener);
	bool is_aws = options->name == LAYOUT_NAME_AWS ||
		      options->name == LAYOUT_NAME_AWS_HIVE;

	if (is_aws)
		config_read(config, "pipeline.transform.awsflowlogs", &aws_names_shape,
			    &aws, arena, problems);
	if (is_aws && options->account_id.len == 0)
		options->account_id = aws.account_id;
	if (is_aws && options->region.len == 0)
		options->region = aws.region;
	if (layouts_make(options, arena, &store->bucket.layout, &err) < 0)
		err_also(&err);
	store->has_own_layout = options->name == LAYOUT_NAME_TEMPLATE;
	store->needs_gzip = layouts_need_gzip(options);
	/* AWS's own objects do not say what they are compressed with. */
	if (is_aws && str_is(store->content_encoding, "auto"))
		store->content_encoding = STR("none");
}

/* Any other number is an error: records are not put into slots by surprise. */
static int64_t read_late(const struct config *config, const struct layout *layout,
			 int64_t late_ms, struct problems *problems)
{
	struct err err = ERR_INIT;

	if (!layout->text.len)
		return 0; /* already complained of */
	if (late_ms == UNSET)
		return layout->slot_ms ? LATE_USUAL_MS : 0;
	if (late_ms < 0)
		err_set_key(&err, "max_seconds_late", "must not be negative");
	else if (late_ms && !layout->slot_ms)
		err_set_key(
			&err, "max_seconds_late",
			"is for layouts with times in their keys (aws, aws-hive, ibm, "
			"or a template with {hour} or the like): leave it out");
	else if (late_ms > layout->slot_ms)
		err_set_key(&err, "max_seconds_late",
			    "must not be longer than a slot of the layout: write %lld or "
			    "less",
			    (long long)layout->slot_ms / 1000);
	else
		return late_ms;
	config_problem(config, SECTION, &err, problems);
	return 0;
}

static void set_direct(struct store_options *store, bool is_stdout)
{
	store->bucket.max_records = is_stdout ? INT64_MAX : 1;
	store->bucket.max_age_ms = 0;
	store->bucket.max_late_ms = is_stdout ? 0 : store->bucket.max_late_ms;
	store->bucket.max_stream_ms = NEVER_MS;
	store->bucket.max_held = 100000;
	store->is_titled_by_tag = is_stdout;
	if (store->dirname.len == 0)
		store->dirname = STR(DIRECT_DIRNAME);
}

enum store_type store_type_read(const struct config *config, struct arena *arena,
				struct problems *problems)
{
	struct store_type_keys store = { 0 };

	if (config_read(config, "pipeline.store", &type_shape, &store, arena, problems))
		return STORE_BAD;
	return (enum store_type)store.type;
}

void store_options_read(struct store_options *store, const struct config *config,
			enum store_type type, bool is_stdout, struct arena *arena,
			struct problems *problems)
{
	struct buffered b = buffered_defaults;

	*store = (struct store_options){ 0 };
	if (type == STORE_BAD)
		return;
	if (config_read(config, SECTION, &buffered_shape, &b, arena, problems)) {
		b.layout = (struct layout_options){ 0 };
		b.max_seconds_late = UNSET;
	}
	store->dirname = b.dirname;
	store->content_encoding = str_of(content_encoding_names[b.content_encoding]);
	store->bucket.prefix = b.filename_prefix;
	read_layout(store, config, &b.layout, arena, problems);
	store->bucket.max_late_ms = read_late(config, &store->bucket.layout,
					      b.max_seconds_late, problems);
	if (type != STORE_BUFFERED) {
		set_direct(store, is_stdout);
		return;
	}
	check_buffered(config, &b, problems);
	store->bucket.max_records = b.max_flows_per_object;
	store->bucket.max_age_ms = b.max_seconds_per_object == UNSET
					   ? 0
					   : b.max_seconds_per_object;
	store->bucket.max_stream_ms = b.max_seconds_per_stream;
	store->bucket.max_held = b.max_flow_array_size;
	store->bucket.first_age_ms = store->bucket.max_age_ms;
}

size_t store_options_sections(struct config_section *sections, size_t max)
{
	const struct config_section ours[] = {
		{ "pipeline.store", &type_shape },
		{ SECTION, &buffered_shape },
	};
	size_t count = sizeof(ours) / sizeof(ours[0]), i;

	for (i = 0; i < count && i < max; i++)
		sections[i] = ours[i];
	return count;
}
