/* SPDX-License-Identifier: Apache-2.0 */
#include "report.h"

#include <json-c/json.h>
#include <stdio.h>

void counters_init(struct counters *count)
{
	*count = (struct counters){ .refused = json_object_new_object(),
				    .closes = json_object_new_object() };
}

void counters_fini(struct counters *count)
{
	json_object_put(count->refused);
	json_object_put(count->closes);
}

void report_count(struct json_object *object, const char *key)
{
	struct json_object *value;

	if (json_object_object_get_ex(object, key, &value))
		json_object_int_inc(value, 1);
	else
		json_object_object_add(object, key, json_object_new_int64(1));
}

void report_count_number(struct json_object *object, int key)
{
	char text[16];

	snprintf(text, sizeof(text), "%d", key);
	report_count(object, text);
}

void report_line(struct json_object *line)
{
	puts(json_object_to_json_string_ext(line,
					    JSON_C_TO_STRING_PLAIN |
						    JSON_C_TO_STRING_NOSLASHESCAPE));
	fflush(stdout);
	json_object_put(line);
}

void report_event(const char *name, const char *key, struct json_object *value)
{
	struct json_object *line = json_object_new_object();

	json_object_object_add(line, "event", json_object_new_string(name));
	if (key)
		json_object_object_add(line, key, value);
	report_line(line);
}
