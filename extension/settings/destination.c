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

void destination_put_begin(const struct pipeline_settings *p, bool with_layout,
			   struct buf *b)
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
