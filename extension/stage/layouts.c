/* SPDX-License-Identifier: Apache-2.0 */
/* layouts.c - see layouts.h. */
#include <errno.h>
#include "stage/layouts.h"

const char *const layout_names[] = { "exporter", "aws",	     "aws-hive",
				     "ibm",	 "template", NULL };
const char *const partition_names[] = { "auto", "day", "hour", NULL };

static bool is_made_of(struct str s, const char *allowed)
{
	size_t i;

	for (i = 0; i < s.len; i++)
		if (!s.ptr[i] || !strchr(allowed, s.ptr[i]))
			return false;
	return s.len > 0;
}

#define DIGITS "0123456789"
#define LOWER  "abcdefghijklmnopqrstuvwxyz"
#define UPPER  "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

static int put_aws(const struct layout_options *o, struct buf *text, struct err *err)
{
	const struct str account = o->account_id, region = o->region;
	bool is_hourly = o->partition == PARTITION_HOUR;

	int error = 0;

	if (account.len != 12 || !is_made_of(account, DIGITS))
		error = err_set_key(err, "account_id",
				    "must have 12 digits for this layout");
	if (!is_made_of(region, LOWER DIGITS "-")) {
		err_also(err);
		error = err_set_key(
			err, "region",
			"must be a region such as eu-central-1 for this layout");
	}
	if (error)
		return error;
	if (o->name == LAYOUT_NAME_AWS_HIVE)
		buf_printf(text,
			   "AWSLogs/aws-account-id=" STR_FMT
			   "/aws-service=vpcflowlogs/aws-region=" STR_FMT
			   "/year={year}/month={month}/day={day}/%s",
			   STR_ARG(account), STR_ARG(region),
			   is_hourly ? "hour={hour}/" : "");
	else
		buf_printf(text,
			   "AWSLogs/" STR_FMT "/vpcflowlogs/" STR_FMT
			   "/{year}/{month}/{day}/%s",
			   STR_ARG(account), STR_ARG(region), is_hourly ? "{hour}/" : "");
	buf_printf(text,
		   STR_FMT "_vpcflowlogs_" STR_FMT
			   "_fl-{stream_hex}_{year}{month}{day}T{hour}{minute}Z"
			   "_{tag_sequence_hex}.log.gz",
		   STR_ARG(account), STR_ARG(region));
	return 0;
}

/* IBM writes CRNs with everything escaped that a URL does not take. */
static int put_part(const char *name, const char *key, struct str value, struct buf *text,
		    struct err *err)
{
	size_t i;

	if (value.len == 0) {
		err_also(err);
		return err_set_key(err, key, "must be set for this layout");
	}
	buf_printf(text, "/%s=", name);
	for (i = 0; i < value.len; i++) {
		struct str byte = { value.ptr + i, 1 };

		if (is_made_of(byte, LOWER UPPER DIGITS "-._~"))
			buf_put(text, byte);
		else
			buf_printf(text, "%%%02X", (unsigned char)value.ptr[i]);
	}
	return 0;
}

static int put_ibm(const struct layout_options *o, struct buf *text, struct err *err)
{
	int error = 0;

	buf_puts(text, "ibm_vpc_flowlogs_v1");
	error |= put_part("account", "account_id", o->account_id, text, err);
	error |= put_part("region", "region", o->region, text, err);
	error |= put_part("vpc-id", "vpc_id", o->vpc_id, text, err);
	error |= put_part("subnet-id", "subnet_id", o->subnet_id, text, err);
	buf_puts(text, "/endpoint-type=vnics");
	error |= put_part("instance-id", "instance_id", o->instance_id, text, err);
	error |= put_part("vnic-id", "vnic_id", o->vnic_id, text, err);
	if (error)
		return -EINVAL;
	buf_puts(text, "/record-type={record_type}/year={year}/month={month}/day={day}"
		       "/hour={hour}/stream-id={stream}/{sequence}.gz");
	return 0;
}

static int layouts_put_text(const struct layout_options *o, struct buf *text,
			    struct err *err)
{
	switch (o->name) {
	case LAYOUT_NAME_AWS:
	case LAYOUT_NAME_AWS_HIVE:
		return put_aws(o, text, err);
	case LAYOUT_NAME_IBM:
		return put_ibm(o, text, err);
	case LAYOUT_NAME_TEMPLATE:
		if (o->key.len == 0)
			return err_set_key(err, "key",
					   "must be set with layout: template");
		buf_put(text, o->key);
		return 0;
	default:
		buf_puts(text, LAYOUT_EXPORTER);
		return 0;
	}
}

static bool is_aws(const struct layout_options *o)
{
	return o->name == LAYOUT_NAME_AWS || o->name == LAYOUT_NAME_AWS_HIVE;
}

int layouts_make(const struct layout_options *o, struct arena *arena,
		 struct layout *layout, struct err *err)
{
	struct buf text = BUF_INIT((size_t)64 * 1024);
	struct err why = ERR_INIT;
	int error = 0;

	if (o->key.len && o->name != LAYOUT_NAME_TEMPLATE)
		error = err_set_key(err, "key", "is for layout: template only");
	if (o->partition && !is_aws(o)) {
		err_also(err);
		error = err_set_key(err, "partition",
				    "is for layouts aws and aws-hive only");
	}
	if (error)
		err_also(err);
	if (layouts_put_text(o, &text, err) < 0)
		error = -EINVAL;
	if (!error && layout_init(layout, arena_str(arena, buf_str(&text)), &why) < 0)
		error = err_set_key(err,
				    o->name == LAYOUT_NAME_TEMPLATE ? "key" : "layout",
				    "%s", why.text);
	buf_fini(&text);
	return error;
}

bool layouts_need_gzip(const struct layout_options *o)
{
	return is_aws(o) || o->name == LAYOUT_NAME_IBM;
}
