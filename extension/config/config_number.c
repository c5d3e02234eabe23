/* SPDX-License-Identifier: Apache-2.0 */
/* config_number.c - numbers of the configuration; see config_conversion.h. */
#include <errno.h>
#include "base/buf.h"
#include "config/config_conversion.h"
#include "format/number.h"

static const double two_to_63 = 9223372036854775808.0;

/* As spf13/cast: a fraction is cut off, true is 1. */
static int to_integer(const struct yaml_node *value, int64_t *out)
{
	switch (value->kind) {
	case YAML_INT:
		*out = value->integer;
		return 0;
	case YAML_BOOL:
		*out = value->boolean;
		return 0;
	case YAML_FLOAT:
		if (!(value->number >= -two_to_63 && value->number < two_to_63))
			return -ERANGE;
		*out = (int64_t)value->number;
		return 0;
	case YAML_STR:
		return number_parse(value->text, out);
	default:
		return -EINVAL;
	}
}

static int number_multiply(int64_t *value, int64_t factor)
{
	if (*value > INT64_MAX / factor || *value < INT64_MIN / factor)
		return -ERANGE;
	*value *= factor;
	return 0;
}

static int to_seconds(const struct yaml_node *value, int64_t *ms)
{
	int error = to_integer(value, ms);

	return error ? error : number_multiply(ms, 1000);
}

/* A whole number, or a text with a unit; neither is negative. */
static int to_quantity(const struct yaml_node *value, int64_t factor,
		       int (*parse)(struct str, int64_t *), int64_t *out)
{
	if (value->kind == YAML_STR)
		return parse(value->text, out);
	if (value->kind != YAML_INT || value->integer < 0)
		return -EINVAL;
	*out = value->integer;
	return number_multiply(out, factor);
}

static int number_convert(const struct yaml_node *value, unsigned flags, int64_t *out)
{
	if (flags & FIELD_DURATION)
		return to_quantity(value, 1000, number_parse_duration, out);
	if (flags & FIELD_SIZE)
		return to_quantity(value, 1, number_parse_size, out);
	if (flags & FIELD_SECONDS)
		return to_seconds(value, out);
	return to_integer(value, out);
}

static int refuse_kind(const struct conversion *c)
{
	struct buf b = BUF_INIT(512);
	unsigned flags = c->field->flags;
	int64_t ms;
	int error;

	if (flags & FIELD_DURATION)
		buf_puts(&b, " is not a duration; write seconds, or a number with a unit "
			     "as in 500ms, 90s, 5m, 2h or 7d");
	else if (flags & FIELD_SIZE)
		buf_puts(&b, " is not a size; write bytes, or a number with a unit as in "
			     "64KiB or 10GiB");
	else if (flags & FIELD_SECONDS)
		buf_puts(&b, " is not a whole number of seconds");
	else
		buf_puts(&b, " is not a whole number");
	if (flags & FIELD_SECONDS && c->value->kind == YAML_STR &&
	    !number_parse_duration(c->value->text, &ms) && ms % 1000 == 0) {
		buf_puts(&b, "; write ");
		buf_put_i64(&b, ms / 1000);
	}
	error = config_refuse(c, buf_str(&b).ptr);
	buf_fini(&b);
	return error;
}

static void put_limit(struct buf *b, unsigned flags, int64_t value)
{
	if (flags & FIELD_DURATION)
		number_put_duration(b, value);
	else if (flags & FIELD_SIZE)
		number_put_size(b, value);
	else if (flags & FIELD_SECONDS)
		buf_put_i64(b, value / 1000);
	else
		buf_put_i64(b, value);
}

static int refuse_range(const struct conversion *c, int64_t min, int64_t max)
{
	struct buf b = BUF_INIT(512);
	int error;

	buf_puts(&b, " is out of range; write ");
	put_limit(&b, c->field->flags, min);
	if (max == INT64_MAX) {
		buf_puts(&b, " or more");
	} else {
		buf_puts(&b, " to ");
		put_limit(&b, c->field->flags, max);
	}
	error = config_refuse(c, buf_str(&b).ptr);
	buf_fini(&b);
	return error;
}

static void default_range(enum field_kind kind, int64_t *min, int64_t *max)
{
	*min = kind == FIELD_KIND_I64 ? INT64_MIN : 0;
	*max = kind == FIELD_KIND_U16	? UINT16_MAX
	       : kind == FIELD_KIND_U32 ? UINT32_MAX
					: INT64_MAX;
}

int config_number_read(const struct conversion *c, void *member)
{
	const struct field *field = c->field;
	int64_t value = 0, min = field->min, max = field->max;
	int error = number_convert(c->value, field->flags, &value);

	if (error == -EINVAL)
		return refuse_kind(c);
	if (!max)
		default_range(field->kind, &min, &max);
	if (error == -ERANGE && max == INT64_MAX)
		return config_refuse(c, " does not fit 64 bits");
	if (error || value < min || value > max)
		return refuse_range(c, min, max);
	if (field->kind == FIELD_KIND_U16)
		*(uint16_t *)member = (uint16_t)value;
	else if (field->kind == FIELD_KIND_U32)
		*(uint32_t *)member = (uint32_t)value;
	else
		*(int64_t *)member = value;
	return 0;
}
