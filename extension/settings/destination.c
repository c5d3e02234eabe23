/* SPDX-License-Identifier: Apache-2.0 */
/* destination.c - see destination.h. */
#include "pipeline/object.h"
#include "settings/destination.h"

void destination_put(const struct pipeline_settings *p, struct buf *b)
{
	writer_options_put_place(&p->writer, b);
	buf_puts(b, " ");
	object_key_clean(p->store.dirname, b);
	buf_puts(b, " ");
	object_key_clean(p->store.bucket.prefix, b);
}

/* The destination with all that its keys have in common. */
static void put_keys_begin(const struct pipeline_settings *p, struct buf *b)
{
	const struct bucket_limits *limits = &p->store.bucket;
	struct buf prefix = BUF_INIT(4096);

	object_key_clean(limits->prefix, &prefix);
	destination_put(p, b);
	if (prefix.len)
		buf_putc(b, '/');
	buf_put(b, str_until(limits->layout.text, '{'));
	buf_fini(&prefix);
}

/* The named layouts differ behind different prefixes; an operator's own may be
 * anything. */
static bool own_layouts_meet(const struct pipeline_settings *a,
			     const struct pipeline_settings *b)
{
	struct buf x = BUF_INIT(16384), y = BUF_INIT(16384);
	bool meet;

	put_keys_begin(a, &x);
	put_keys_begin(b, &y);
	meet = (a->store.has_own_layout || b->store.has_own_layout) &&
	       (str_starts(buf_str(&x), buf_str(&y)) ||
		str_starts(buf_str(&y), buf_str(&x)));
	buf_fini(&x);
	buf_fini(&y);
	return meet;
}

const char *destination_collision(const struct pipeline_settings *a,
				  const struct pipeline_settings *b)
{
	struct buf x = BUF_INIT(16384), y = BUF_INIT(16384);
	const char *what = NULL;

	destination_put(a, &x);
	destination_put(b, &y);
	if (str_starts(buf_str(&x), STR("stdout")))
		what = NULL;
	else if (str_equal(buf_str(&x), buf_str(&y)))
		what = "write to the same bucket and prefix";
	else if (own_layouts_meet(a, b))
		what = "may write under the same keys, by their layout";
	buf_fini(&x);
	buf_fini(&y);
	return what;
}
