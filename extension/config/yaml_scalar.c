/* SPDX-License-Identifier: Apache-2.0 */
/* yaml_scalar.c - see yaml_scalar.h. */
#include <errno.h>
#include <math.h>
#include "format/number.h"
#include "config/yaml_scalar.h"

#define NUMBER_TEXT_MAX 128

static bool is_one_of(struct str text, const char *const *words)
{
	for (; *words; words++)
		if (str_is(text, *words))
			return true;
	return false;
}

/* The spellings that are not numbers, case by case as the standard lists them:
 * "yEs" is a string. */
static bool resolve_word(struct yaml_node *n)
{
	static const char *const null[] = { "", "~", "null", "Null", "NULL", NULL };
	static const char *const yes[] = {
		"y",  "Y",  "yes",  "Yes",  "YES",  "on",
		"On", "ON", "true", "True", "TRUE", NULL,
	};
	static const char *const no[] = {
		"n",   "N",   "no",    "No",	"NO",	 "off",
		"Off", "OFF", "false", "False", "FALSE", NULL,
	};
	static const char *const nan[] = { ".nan", ".NaN", ".NAN", NULL };
	static const char *const infinity[] = { ".inf", ".Inf", ".INF", NULL };
	bool negative = str_starts(n->text, STR("-"));
	struct str unsigned_text = str_skip(n->text,
					    negative || str_starts(n->text, STR("+")));

	n->boolean = is_one_of(n->text, yes);
	if (is_one_of(n->text, null))
		n->kind = YAML_NULL;
	else if (n->boolean || is_one_of(n->text, no))
		n->kind = YAML_BOOL;
	else if (is_one_of(n->text, nan) || is_one_of(unsigned_text, infinity))
		n->kind = YAML_FLOAT;
	else
		return false;
	if (n->kind == YAML_FLOAT)
		n->number = is_one_of(n->text, nan) ? (double)NAN
			    : negative		    ? -(double)INFINITY
						    : (double)INFINITY;
	return true;
}

/* "1_000" is 1000. */
static struct str without_underscores(struct str text, char *copy)
{
	size_t i, n = 0;

	for (i = 0; i < text.len; i++)
		if (text.ptr[i] != '_')
			copy[n++] = text.ptr[i];
	return (struct str){ copy, n };
}

static bool may_be_number(struct str text)
{
	return text.len && text.len <= NUMBER_TEXT_MAX &&
	       memchr("0123456789+-.", text.ptr[0], 13);
}

void yaml_scalar_resolve(struct yaml_node *n)
{
	char copy[NUMBER_TEXT_MAX];
	struct str plain;
	int error;

	if (resolve_word(n))
		return;
	n->kind = YAML_STR;
	if (!may_be_number(n->text))
		return;
	plain = without_underscores(n->text, copy);
	error = number_parse(plain, &n->integer);
	if (!error) {
		n->kind = YAML_INT;
		n->number = (double)n->integer;
	} else if (error != -ERANGE && !number_parse_float(plain, &n->number)) {
		n->kind = YAML_FLOAT;
	}
}

int yaml_scalar_resolve_tag(struct yaml_node *n, const char *tag, bool quoted)
{
	const struct str core = STR("tag:yaml.org,2002:");
	static const struct {
		const char *name;
		enum yaml_kind kind;
	} kinds[] = {
		{ "null", YAML_NULL },
		{ "bool", YAML_BOOL },
		{ "int", YAML_INT },
		{ "float", YAML_FLOAT },
	};
	struct str name = str_of(tag);
	size_t i;

	n->kind = YAML_STR;
	if (!tag && !quoted)
		yaml_scalar_resolve(n);
	if (!tag || str_is(name, "!"))
		return 0;
	if (!str_starts(name, core))
		return -EINVAL;
	name = str_skip(name, core.len);
	if (str_is(name, "str") || str_is(name, "timestamp"))
		return 0;
	yaml_scalar_resolve(n);
	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (!str_is(name, kinds[i].name))
			continue;
		if (kinds[i].kind == YAML_FLOAT && n->kind == YAML_INT)
			n->kind = YAML_FLOAT;
		return n->kind == kinds[i].kind ? 0 : -EINVAL;
	}
	return -EINVAL;
}
