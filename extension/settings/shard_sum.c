/* SPDX-License-Identifier: Apache-2.0 */
/* shard_sum.c - see shard_sum.h. */
#include <string.h>
#include "format/json_write.h"
#include "settings/shard_settings.h"
#include "settings/shard_sum.h"
#include "stage/registry.h"

#define SECTIONS_MAX 64
#define TEXT_MAX     ((size_t)4 << 20)

/* What decides rows and keys, but for the numbers and names of objects; only what is not
 * as by default, so that a key that a later version adds changes nothing. */
static void put_rows(const struct pipeline_settings *p, struct buf *text)
{
	struct config_section section[SECTIONS_MAX];
	size_t count = registry_sections(section, SECTIONS_MAX), i;

	for (i = 0; i < count; i++)
		pipeline_settings_show(p->config, &section[i], text);
	json_put_string(text, p->source.capture_id);
	json_put_string(text, p->store.dirname);
	json_put_string(text, p->store.bucket.prefix);
	json_put_string(text, p->store.bucket.layout.text);
	json_put_string(text, p->store.content_encoding);
}

static int sum_of(struct str text, uint32_t *sum)
{
	unsigned char digest[SHA256_SIZE];
	int error = digest_sha256(text, digest);

	memcpy(sum, digest, sizeof(*sum));
	return error;
}

int shard_sum(struct pipeline_settings *p)
{
	struct buf text = BUF_INIT(TEXT_MAX);
	int error;

	if (!shard_settings_group(p).len)
		return 0;
	put_rows(p, &text);
	error = buf_error(&text);
	if (!error)
		error = sum_of(buf_str(&text), &p->shard_rule.rows);
	if (!error)
		error = sum_of(str_of(p->name), &p->shard_rule.name);
	buf_fini(&text);
	p->shard_rule.interval_ms = p->store.bucket.max_age_ms;
	p->shard_rule.flows = p->store.bucket.max_records;
	return error;
}
