/* SPDX-License-Identifier: Apache-2.0 */
/* kafka_headers.c - see kafka_headers.h. */
#include <stdio.h>
#include "writer/kafka_headers.h"

static const struct str names[HEADERS] = {
	[HEADER_TENANT] = { "tenant", 6 },
	[HEADER_TAG] = { "tag", 3 },
	[HEADER_FORMAT] = { "format", 6 },
	[HEADER_ID] = { "id", 2 },
};

struct str kafka_header_name(enum kafka_header header)
{
	return names[header];
}

static bool is_name(struct str text)
{
	size_t i;

	for (i = 0; i < HEADERS; i++)
		if (str_equal(text, names[i]))
			return true;
	return false;
}

int kafka_headers_check(const struct strs *option, struct err *err)
{
	char key[32];
	size_t i;

	for (i = 0; i < option->count; i++) {
		if (is_name(option->item[i]))
			continue;
		snprintf(key, sizeof(key), "headers[%zu]", i);
		return err_set_key(err, key,
				   "\"" STR_FMT
				   "\" is no header of ours: there are tenant, "
				   "tag, format, id",
				   STR_ARG(option->item[i]));
	}
	return 0;
}

bool kafka_headers_have(const struct strs *option, enum kafka_header header)
{
	size_t i;

	for (i = 0; i < option->count; i++)
		if (str_equal(option->item[i], names[header]))
			return true;
	return !option->count;
}

void kafka_headers_advise(const struct strs *option, struct err *err)
{
	if (kafka_headers_have(option, HEADER_FORMAT))
		return;
	err_also(err);
	err_set_key(err, "headers",
		    "without format a group of exporters knows a flow by how it begins "
		    "alone, and passes over those that begin in another way; add format");
}
