/* SPDX-License-Identifier: Apache-2.0 */
/* buf.h - a byte buffer that grows, with a sticky error.
 *
 * Append without checking: after the first failure (no memory, or past the limit that
 * it was made with) every append does nothing and buf_error() says why. Callers check
 * once, where they use the bytes.
 *
 *	struct buf b = BUF_INIT(64 * 1024);
 *	buf_puts(&b, "key: ");
 *	buf_put(&b, key);
 *	if (buf_error(&b))
 *		...
 *	buf_fini(&b);
 *
 * The bytes are followed by a NUL that is not counted, so that buf_str() can
 * also be handed to functions that take C strings.
 */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <stdarg.h>
#include <stdint.h>
#include "base/str.h"

struct buf {
	char *ptr; /* NUL-terminated whenever not NULL */
	size_t len;
	size_t cap;
	size_t limit; /* len never grows past this */
	int error;    /* 0, -ENOMEM or -EFBIG; sticky */
};

#define BUF_INIT(max)                                                                    \
	{                                                                                \
		.limit = (max)                                                           \
	}

void buf_put(struct buf *, struct str);
void buf_puts(struct buf *, const char *);
void buf_putc(struct buf *, char);
void buf_put_i64(struct buf *, int64_t);
void buf_printf(struct buf *, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Room for size more bytes at the end, or NULL and a sticky error. The caller
 * writes up to size bytes there and then counts them with buf_added(). */
char *buf_room(struct buf *, size_t size);
void buf_added(struct buf *, size_t size);

int buf_error(const struct buf *);
struct str buf_str(const struct buf *); /* borrowed; until the next append */
void buf_cut(struct buf *, size_t len); /* forget what is after len */
void buf_reset(struct buf *);		/* empty, without an error; keeps memory */
void buf_fini(struct buf *);		/* frees; may be used again */

#endif
