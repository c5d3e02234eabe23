/* SPDX-License-Identifier: Apache-2.0 */
/* encode_layers.c - see encode_layers.h. Numbers are proto/layers.proto's; the other
 * names are those of analyzers before 2024-04. */
#include <errno.h>
#include "base/base64.h"
#include "flow/encode_layers.h"
#include "flow/pb_write.h"
#include "format/json_read.h"
#include "format/time_text.h"

#define LAYER_MAX  ((size_t)4 << 20) /* of what has escapes */
#define FIELDS_MAX 18		     /* of a message */

enum layer_kind {
	LAYER_TEXT,
	LAYER_TEXTS,
	LAYER_BASE64,
	LAYER_BOOL,
	LAYER_U32,
	LAYER_I32,
	LAYER_I64,
	LAYER_MESSAGE,
	LAYER_MESSAGES,
	LAYER_TIME, /* a message, or a text: RFC 3339 */
};

struct layer_field {
	const char *name; /* NULL: the end */
	const char *old;  /* its other name, or NULL */
	unsigned number;
	enum layer_kind kind;
	const struct layer_field *inside;
};

struct layer_schema {
	const struct layer_field *fields;
};

/* What of a layer is read, and where it goes. */
struct layer_copy {
	struct json_reader reader;
	struct buf *out;
};

static const struct layer_field layer_timestamp[] = {
	{ "seconds", NULL, 1, LAYER_I64, NULL },
	{ "nanos", NULL, 2, LAYER_I32, NULL },
	{ 0 },
};

static const struct layer_field layer_question[] = {
	{ "name", NULL, 1, LAYER_TEXT, NULL },
	{ "type", NULL, 2, LAYER_TEXT, NULL },
	{ "class", NULL, 3, LAYER_TEXT, NULL },
	{ 0 },
};

static const struct layer_field layer_soa[] = {
	{ "m_name", "MName", 1, LAYER_TEXT, NULL },
	{ "r_name", "RName", 2, LAYER_TEXT, NULL },
	{ "serial", NULL, 3, LAYER_U32, NULL },
	{ "refresh", NULL, 4, LAYER_U32, NULL },
	{ "retry", NULL, 5, LAYER_U32, NULL },
	{ "expire", NULL, 6, LAYER_U32, NULL },
	{ "minimum", NULL, 7, LAYER_U32, NULL },
	{ 0 },
};

static const struct layer_field layer_srv[] = {
	{ "priority", NULL, 1, LAYER_U32, NULL },
	{ "weight", NULL, 2, LAYER_U32, NULL },
	{ "port", NULL, 3, LAYER_U32, NULL },
	{ "name", NULL, 4, LAYER_TEXT, NULL },
	{ 0 },
};

static const struct layer_field layer_mx[] = {
	{ "preference", NULL, 1, LAYER_U32, NULL },
	{ "name", NULL, 2, LAYER_TEXT, NULL },
	{ 0 },
};

static const struct layer_field layer_opt[] = {
	{ "code", "Code", 1, LAYER_TEXT, NULL },
	{ "data", "Data", 2, LAYER_TEXT, NULL },
	{ 0 },
};

static const struct layer_field layer_record[] = {
	{ "name", NULL, 1, LAYER_TEXT, NULL },
	{ "type", NULL, 2, LAYER_TEXT, NULL },
	{ "class", NULL, 3, LAYER_TEXT, NULL },
	{ "TTL", NULL, 4, LAYER_U32, NULL },
	{ "data_length", NULL, 5, LAYER_U32, NULL },
	{ "IP", NULL, 6, LAYER_TEXT, NULL },
	{ "NS", NULL, 7, LAYER_TEXT, NULL },
	{ "c_name", "CNAME", 8, LAYER_TEXT, NULL },
	{ "PTR", NULL, 9, LAYER_TEXT, NULL },
	{ "TXTs", NULL, 10, LAYER_TEXTS, NULL },
	{ "SOA", NULL, 11, LAYER_MESSAGE, layer_soa },
	{ "SRV", NULL, 12, LAYER_MESSAGE, layer_srv },
	{ "MX", NULL, 13, LAYER_MESSAGE, layer_mx },
	{ "OPT", NULL, 14, LAYER_MESSAGES, layer_opt },
	{ 0 },
};

static const struct layer_field dns_fields[] = {
	{ "ID", NULL, 1, LAYER_U32, NULL },
	{ "QR", NULL, 2, LAYER_BOOL, NULL },
	{ "op_code", NULL, 3, LAYER_TEXT, NULL },
	{ "AA", NULL, 4, LAYER_BOOL, NULL },
	{ "TC", NULL, 5, LAYER_BOOL, NULL },
	{ "RD", NULL, 6, LAYER_BOOL, NULL },
	{ "RA", NULL, 7, LAYER_BOOL, NULL },
	{ "z", NULL, 8, LAYER_U32, NULL },
	{ "response_code", NULL, 9, LAYER_TEXT, NULL },
	{ "q_d_count", "QDCount", 10, LAYER_U32, NULL },
	{ "a_n_count", "ANCount", 11, LAYER_U32, NULL },
	{ "n_s_count", "NSCount", 12, LAYER_U32, NULL },
	{ "a_r_count", "ARCount", 13, LAYER_U32, NULL },
	{ "questions", NULL, 14, LAYER_MESSAGES, layer_question },
	{ "answers", NULL, 15, LAYER_MESSAGES, layer_record },
	{ "authorities", NULL, 16, LAYER_MESSAGES, layer_record },
	{ "additionals", NULL, 17, LAYER_MESSAGES, layer_record },
	{ "timestamp", NULL, 18, LAYER_TIME, layer_timestamp },
	{ 0 },
};

static const struct layer_field dhcpv4_fields[] = {
	{ "contents", NULL, 1, LAYER_BASE64, NULL },
	{ "payload", NULL, 2, LAYER_BASE64, NULL },
	{ "hardware_len", NULL, 3, LAYER_U32, NULL },
	{ "hardware_opts", NULL, 4, LAYER_U32, NULL },
	{ "xid", NULL, 5, LAYER_U32, NULL },
	{ "secs", NULL, 6, LAYER_U32, NULL },
	{ "flags", NULL, 7, LAYER_U32, NULL },
	{ "server_name", NULL, 8, LAYER_BASE64, NULL },
	{ "file", NULL, 9, LAYER_BASE64, NULL },
	{ 0 },
};

static const struct layer_field vrrpv2_fields[] = {
	{ "contents", NULL, 1, LAYER_BASE64, NULL },
	{ "payload", NULL, 2, LAYER_BASE64, NULL },
	{ "version", NULL, 3, LAYER_U32, NULL },
	{ "virtual_rtrID", "VirtualRtrID", 4, LAYER_U32, NULL },
	{ "priority", NULL, 5, LAYER_U32, NULL },
	{ "count_ipaddr", "CountIPAddr", 6, LAYER_U32, NULL },
	{ "adver_int", NULL, 7, LAYER_U32, NULL },
	{ "checksum", NULL, 8, LAYER_U32, NULL },
	{ 0 },
};

_Static_assert(sizeof(dns_fields) / sizeof(dns_fields[0]) == FIELDS_MAX + 1,
	       "no message has more fields");

const struct layer_schema layer_dhcpv4 = { dhcpv4_fields };
const struct layer_schema layer_dns = { dns_fields };
const struct layer_schema layer_vrrpv2 = { vrrpv2_fields };

static bool copy_message(struct layer_copy *, const struct layer_field *fields);

static bool copy_number(struct layer_copy *c, const struct layer_field *field)
{
	int64_t value;

	if (!json_read_i64(&c->reader, &value) ||
	    (field->kind == LAYER_U32 && (value < 0 || value > UINT32_MAX)) ||
	    (field->kind == LAYER_I32 && (value < INT32_MIN || value > INT32_MAX)))
		return false;
	if (value)
		pb_put_number(c->out, field->number, (uint64_t)value);
	return true;
}

static bool copy_bool(struct layer_copy *c, const struct layer_field *field)
{
	struct str word;

	if (!json_skip(&c->reader, &word))
		return false;
	if (str_is(word, "true"))
		pb_put_number(c->out, field->number, 1);
	return str_is(word, "true") || str_is(word, "false");
}

static bool copy_text(struct layer_copy *c, const struct layer_field *field)
{
	struct str text;

	if (!json_read_string(&c->reader, &text))
		return false;
	/* An empty one in a list is one of the list. */
	if (text.len || field->kind == LAYER_TEXTS)
		pb_put_text(c->out, field->number, text);
	return true;
}

static bool copy_base64(struct layer_copy *c, const struct layer_field *field)
{
	struct str text;
	size_t begun;

	if (!json_read_string(&c->reader, &text))
		return false;
	if (!text.len)
		return true;
	begun = pb_begin(c->out, field->number);
	if (!base64_read(c->out, text))
		return false;
	pb_end(c->out, begun);
	return true;
}

static bool copy_nested(struct layer_copy *c, const struct layer_field *field)
{
	size_t begun = pb_begin(c->out, field->number);

	if (!copy_message(c, field->inside))
		return false;
	pb_end(c->out, begun);
	return true;
}

static bool copy_list(struct layer_copy *c, const struct layer_field *field,
		      bool (*copy)(struct layer_copy *, const struct layer_field *))
{
	if (!json_next(&c->reader, '['))
		return false;
	if (json_next(&c->reader, ']'))
		return true;
	do {
		if (!copy(c, field))
			return false;
	} while (json_next(&c->reader, ','));
	return json_next(&c->reader, ']');
}

/* Analyzers before 2024-04 write year one for a time that is not there. */
static bool copy_time(struct layer_copy *c, const struct layer_field *field)
{
	struct str text;
	int64_t seconds;
	int32_t nanos;
	size_t begun;

	json_skip_blanks(&c->reader);
	if (c->reader.at < c->reader.end && *c->reader.at == '{')
		return copy_nested(c, field);
	if (!json_read_string(&c->reader, &text) ||
	    !time_read_rfc3339(text, &seconds, &nanos))
		return false;
	if (seconds == TIME_TEXT_GO_ZERO && !nanos)
		return true;
	begun = pb_begin(c->out, field->number);
	if (seconds)
		pb_put_number(c->out, field->inside[0].number, (uint64_t)seconds);
	if (nanos)
		pb_put_number(c->out, field->inside[1].number, (uint64_t)nanos);
	pb_end(c->out, begun);
	return true;
}

static bool copy_value(struct layer_copy *c, const struct layer_field *field)
{
	switch (field->kind) {
	case LAYER_TEXT:
		return copy_text(c, field);
	case LAYER_TEXTS:
		return copy_list(c, field, copy_text);
	case LAYER_BASE64:
		return copy_base64(c, field);
	case LAYER_BOOL:
		return copy_bool(c, field);
	case LAYER_U32:
	case LAYER_I32:
	case LAYER_I64:
		return copy_number(c, field);
	case LAYER_MESSAGE:
		return copy_nested(c, field);
	case LAYER_MESSAGES:
		return copy_list(c, field, copy_nested);
	case LAYER_TIME:
		return copy_time(c, field);
	}
	return false;
}

/* Which of the fields has that name; their number: none. */
static size_t find_field(const struct layer_field *fields, struct str name)
{
	size_t i;

	for (i = 0; fields[i].name; i++)
		if (str_is(name, fields[i].name) ||
		    (fields[i].old && str_is(name, fields[i].old)))
			break;
	return i;
}

/* Where the value of each field is, of several the last one, as in the rest of a flow.
 * NULL: there is none. */
static bool find_value(struct json_reader *r, const struct layer_field *fields,
		       const char **at)
{
	struct str name;
	size_t i;

	if (!json_read_string(r, &name) || !json_next(r, ':'))
		return false;
	json_skip_blanks(r);
	i = find_field(fields, name);
	at[i] = r->at;
	if (!json_read_null(r))
		return json_skip(r, NULL);
	at[i] = NULL;
	return true;
}

static bool find_values(struct json_reader *r, const struct layer_field *fields,
			const char **at)
{
	if (!json_next(r, '{'))
		return false;
	if (json_next(r, '}'))
		return true;
	do {
		if (!find_value(r, fields, at))
			return false;
	} while (json_next(r, ','));
	return json_next(r, '}');
}

/* Fields go in the order of their numbers, whatever that of the text. */
static bool copy_message(struct layer_copy *c, const struct layer_field *fields)
{
	const char *at[FIELDS_MAX + 1] = { NULL }, *end;
	size_t i;

	if (!find_values(&c->reader, fields, at))
		return false;
	end = c->reader.at;
	for (i = 0; fields[i].name; i++) {
		c->reader.at = at[i];
		if (at[i] && !copy_value(c, &fields[i]))
			return false;
	}
	c->reader.at = end;
	return true;
}

bool encode_layer(const struct layer_schema *schema, unsigned number, struct raw layer,
		  struct buf *out)
{
	struct arena arena = ARENA_INIT(LAYER_MAX);
	struct layer_copy copy = { .out = out };
	size_t before = out->len, begun = pb_begin(out, number);
	bool is_whole;

	json_reader_init(&copy.reader, layer.text, &arena);
	is_whole = copy_message(&copy, schema->fields);
	/* It is not the schema's fault then. */
	if (!is_whole && arena_error(&arena) == -ENOMEM)
		out->error = -ENOMEM;
	arena_fini(&arena);
	if (is_whole)
		pb_end(out, begun);
	else
		buf_cut(out, before);
	return is_whole;
}
