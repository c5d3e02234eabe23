/* SPDX-License-Identifier: Apache-2.0 */
/* object.c - see object.h. */
#include "pipeline/object.h"

const char *const tag_names[TAG_COUNT + 1] = {
	[TAG_EGRESS] = "egress",
	[TAG_INGRESS] = "ingress",
	[TAG_INTERNAL] = "internal",
	[TAG_OTHER] = "other",
};

void object_key_clean(struct str key, struct buf *clean)
{
	size_t top = clean->len;

	while (key.len) {
		struct str part = str_until(key, '/');

		key = str_skip(key, part.len + 1);
		if (part.len == 0 || str_is(part, "."))
			continue;
		if (str_is(part, "..")) {
			size_t len = clean->len;

			while (len > top && clean->ptr[len - 1] != '/')
				len--;
			buf_cut(clean, len > top ? len - 1 : top);
			continue;
		}
		if (clean->len > top)
			buf_putc(clean, '/');
		buf_put(clean, part);
	}
}
