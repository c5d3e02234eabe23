/* SPDX-License-Identifier: Apache-2.0 */
/* json_write.h - writes structs and strings as JSON text, as Go's encoding/json does:
 * no blanks, "<", ">", "&", U+2028 and U+2029 escaped, a byte that is not UTF-8 as
 * \ufffd, other control characters as \u00xx in lower case.
 *
 * Pretty text is indented by one TAB a level and has a blank after the colon; empty
 * objects and lists stay on one line.
 */
#ifndef FORMAT_JSON_WRITE_H
#define FORMAT_JSON_WRITE_H

#include "base/buf.h"
#include "format/shape.h"

struct json_style {
	bool pretty;
	unsigned depth; /* of the value that is written */
};

void json_put_string(struct buf *, struct str);
void json_put_record(struct buf *, const struct shape *, const void *record,
		     struct json_style);
/* JSON text that was read before; for pretty text it is formatted again. */
void json_put_raw(struct buf *, struct str text, struct json_style);
/* Pretty: LF and depth TABs. Compact: nothing. */
void json_put_break(struct buf *, struct json_style);

#endif
