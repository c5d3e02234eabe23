/* SPDX-License-Identifier: Apache-2.0 */
/* encode_json.h - the options and rows that JSON encoders share. */
#ifndef STAGE_ENCODE_JSON_H
#define STAGE_ENCODE_JSON_H

#include "base/buf.h"
#include "format/json_write.h"

struct json_options {
	bool pretty;
};

extern const struct shape json_options_shape; /* of pipeline.encode.json */

/* A row begins with a comma, which is removed from an object's first row. depth: that
 * of the list that holds it, plus one. */
void json_put_row(const struct json_options *, const struct shape *, const void *record,
		  unsigned depth, struct buf *rows);

#endif
