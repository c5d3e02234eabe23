/* SPDX-License-Identifier: Apache-2.0 */
/* destination.c - see destination.h. */
#include "pipeline/object.h"
#include "settings/destination.h"

#define PLACE_MAX 16384

void destination_describe(const struct pipeline_settings *p, struct buf *b)
{
	writer_options_describe(&p->writer, b);
	buf_puts(b, " ");
	object_key_clean(p->store.dirname, b);
	buf_puts(b, " ");
	object_key_clean(p->store.bucket.prefix, b);
}

/* Where its keys begin: bucket, prefix and, of an operator's own layout, the text in
 * front of the first name. Joined, because "a" with "b/c" is "a/b" with "c". */
static void put_begin(const struct pipeline_settings *p, bool with_layout, struct buf *b)
{
	struct buf joined = BUF_INIT(PLACE_MAX), key = BUF_INIT(PLACE_MAX);

	buf_printf(&joined, STR_FMT "/" STR_FMT, STR_ARG(p->store.dirname),
		   STR_ARG(p->store.bucket.prefix));
	if (with_layout)
		buf_printf(&joined, "/" STR_FMT,
			   STR_ARG(str_until(p->store.bucket.layout.text, '{')));
	object_key_clean(buf_str(&joined), &key);
	writer_options_put_place(&p->writer, buf_str(&key), b);
	/* "x/a/" is not the beginning of "x/ab". */
	if (with_layout && joined.len && joined.ptr[joined.len - 1] == '/')
		buf_putc(b, '/');
	buf_fini(&joined);
	buf_fini(&key);
}

static bool begins_meet(const struct pipeline_settings *a,
			const struct pipeline_settings *b, bool with_layout)
{
	struct buf x = BUF_INIT(PLACE_MAX), y = BUF_INIT(PLACE_MAX);
	bool meet;

	put_begin(a, with_layout, &x);
	put_begin(b, with_layout, &y);
	meet = with_layout ? str_starts(buf_str(&x), buf_str(&y)) ||
				     str_starts(buf_str(&y), buf_str(&x))
			   : str_equal(buf_str(&x), buf_str(&y));
	buf_fini(&x);
	buf_fini(&y);
	return meet;
}

/* The named layouts differ behind different prefixes; an operator's own may be
 * anything. */
const char *destination_collision(const struct pipeline_settings *a,
				  const struct pipeline_settings *b)
{
	if (a->writer.writer != b->writer.writer || !a->writer.writer ||
	    !a->writer.writer->put_place)
		return NULL;
	if (begins_meet(a, b, false))
		return "write to the same bucket and prefix";
	if ((a->store.has_own_layout || b->store.has_own_layout) &&
	    begins_meet(a, b, true))
		return "may write under the same keys, by their layout";
	return NULL;
}
