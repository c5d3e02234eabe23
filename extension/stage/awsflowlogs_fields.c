/* SPDX-License-Identifier: Apache-2.0 */
/* awsflowlogs_fields.c - which of AWS's fields a record has. */
#include <errno.h>
#include <stdio.h>
#include "format/nearest.h"
#include "stage/awsflowlogs.h"

static int refuse_field(size_t at, struct str name, struct err *err)
{
	struct nearest nearest = { .word = name };
	struct buf hint = BUF_INIT(256);
	const struct aws_field *field;
	char key[32];

	for (field = aws_fields; field->field.name; field++)
		nearest_offer(&nearest, str_of(field->field.name));
	if (nearest.distance)
		nearest_put(&nearest, &hint);
	snprintf(key, sizeof(key), "fields[%zu]", at);
	err_also(err);
	err_set_key(err, key, "AWS has no field \"" STR_FMT "\"" STR_FMT, STR_ARG(name),
		    STR_ARG(buf_str(&hint)));
	buf_fini(&hint);
	return -EINVAL;
}

static bool is_repeated(const struct strs *fields, size_t at)
{
	size_t i;

	for (i = 0; i < at; i++)
		if (str_equal(fields->item[i], fields->item[at]))
			return true;
	return false;
}

static void add_field(struct aws_choice *choice, size_t at, const struct aws_field *field)
{
	choice->field[at] = field->field;
	if (field->version > choice->version)
		choice->version = field->version;
	if (strcmp(field->field.name, "flow-direction") == 0)
		choice->needs_direction = true;
}

static int take_fields(struct aws_choice *choice, const struct strs *fields,
		       struct err *err)
{
	const struct aws_field *field;
	int error = 0;
	char key[32];
	size_t i;

	for (i = 0; i < fields->count; i++) {
		field = aws_field_find(fields->item[i]);
		if (!field) {
			error = refuse_field(i, fields->item[i], err);
		} else if (is_repeated(fields, i)) {
			snprintf(key, sizeof(key), "fields[%zu]", i);
			err_also(err);
			error = err_set_key(err, key, "\"" STR_FMT "\" is there already",
					    STR_ARG(fields->item[i]));
		} else if (!error) {
			add_field(choice, i, field);
		}
	}
	return error;
}

static void take_version(struct aws_choice *choice, int64_t version)
{
	const struct aws_field *field;
	size_t count = 0;

	for (field = aws_fields; field->field.name; field++)
		if (field->version <= version)
			add_field(choice, count++, field);
}

int aws_fields_choose(struct aws_choice *choice, const struct strs *fields,
		      int64_t version, struct err *err)
{
	*choice = (struct aws_choice){ .version = 0 };
	if (fields->count == 0) {
		take_version(choice, version < 2 ? 2 : version);
		return 0;
	}
	if (take_fields(choice, fields, err) < 0)
		return -EINVAL;
	if (version && version != choice->version)
		return err_set_key(err, "version",
				   "these fields have version %d; leave it out",
				   (int)choice->version);
	return 0;
}
