/* SPDX-License-Identifier: Apache-2.0 */
/* encode_json.h - what encoders of JSON share: their options, rows. */
#ifndef STAGE_ENCODE_JSON_H
#define STAGE_ENCODE_JSON_H

#include "base/buf.h"
#include "format/json_write.h"

struct json_options {
	bool pretty;
};

extern const struct shape json_options_shape; /* of pipeline.encode.json */

/* A row begins with a comma, which the first of an object loses. depth: of the
 * list that it stands in, plus one. */
void json_put_row(const struct json_options *, const struct shape *, const void *record,
		  unsigned depth, struct buf *rows);

#endif
