/* SPDX-License-Identifier: Apache-2.0 */
/* kafka_names.c - see kafka_names.h. */
#include <stdlib.h>
#include "writer/kafka_names.h"
#include "writer/kafka_private.h"

#define FORMAT_VERSION "1"
#define PROTOBUF       ".protobuf"

static struct str metadata_of(const struct sealed *object, const char *name)
{
	size_t i;

	for (i = 0; i < object->metadata.count; i++)
		if (str_is(object->metadata.name[i], name))
			return object->metadata.value[i];
	return STR("");
}

/* Those that the option names. */
static void set_headers(struct kafka_names *n, const struct kafka_writer *w,
			struct str tag)
{
	const struct str values[HEADERS] = {
		[HEADER_TENANT] = w->tenant,
		[HEADER_TAG] = tag,
		[HEADER_FORMAT] = buf_str(&n->format),
	};
	enum kafka_header i;

	n->headers = (struct map_of_str){ n->name, n->value, 0 };
	for (i = 0; i < HEADERS; i++) {
		if (!kafka_headers_have(&w->headers, i))
			continue;
		n->name[n->headers.count] = kafka_header_name(i);
		n->value[n->headers.count] = values[i];
		if (i == HEADER_ID)
			n->id_value = &n->value[n->headers.count];
		n->headers.count++;
	}
}

static int names_error(const struct kafka_names *n)
{
	const struct buf *all[] = { &n->topic,	       &n->object, &n->group,
				    &n->name_in_group, &n->format, &n->id };
	size_t i;

	for (i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (buf_error(all[i]))
			return buf_error(all[i]);
	return 0;
}

int kafka_names_init(struct kafka_names *n, const struct kafka_writer *w,
		     const struct sealed *object)
{
	struct str tag = metadata_of(object, "tag");
	struct str first_row = metadata_of(object, SEALED_FIRST_ROW);

	*n = (struct kafka_names){
		.topic = BUF_INIT(4096),
		.object = BUF_INIT(8192),
		.group = BUF_INIT(1024),
		.name_in_group = BUF_INIT(4096),
		.format = BUF_INIT(256),
		.id = BUF_INIT(8192),
	};
	kafka_topic_put(w->topic, w->tenant, tag, &n->topic);
	n->rows_are_lines = !str_is(object->content_type, LABELLED_PROTOBUF_TYPE);
	buf_printf(&n->format, STR_FMT "%s/" FORMAT_VERSION,
		   STR_ARG(metadata_of(object, "record")),
		   n->rows_are_lines ? "" : PROTOBUF);
	buf_printf(&n->id, STR_FMT "/" STR_FMT "/" STR_FMT "/", STR_ARG(w->spool),
		   STR_ARG(w->tenant), STR_ARG(object->key));
	n->id_fixed = n->id.len;
	n->first_row = first_row.len ? strtoll(first_row.ptr, NULL, 10) : 0;
	buf_printf(&n->group, "skydive-exporter-" STR_FMT "-" STR_FMT, STR_ARG(w->spool),
		   STR_ARG(w->tenant));
	buf_printf(&n->name_in_group, STR_FMT, STR_ARG(object->key));
	if (first_row.len)
		buf_printf(&n->name_in_group, "/%lld", (long long)n->first_row);
	buf_printf(&n->object, STR_FMT "%lld", STR_ARG(buf_str(&n->id)),
		   (long long)n->first_row);
	set_headers(n, w, tag);
	return names_error(n);
}

int kafka_names_row(struct kafka_names *n, int64_t number)
{
	if (!n->id_value)
		return 0;
	buf_cut(&n->id, n->id_fixed);
	buf_put_i64(&n->id, n->first_row + number);
	*n->id_value = buf_str(&n->id);
	return buf_error(&n->id);
}

void kafka_names_fini(struct kafka_names *n)
{
	buf_fini(&n->topic);
	buf_fini(&n->object);
	buf_fini(&n->group);
	buf_fini(&n->name_in_group);
	buf_fini(&n->format);
	buf_fini(&n->id);
}
