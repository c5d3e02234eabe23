/* SPDX-License-Identifier: Apache-2.0 */
/* row_label.c - see row_label.h. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include "pipeline/row_label.h"

#define TIME_WIDTH 13
#define KEY_AT	   14
#define KEY_WIDTH  4
#define ROW_AT	   19
#define ROW_WIDTH  8
#define TIME_MAX   INT64_C(9999999999999) /* in the year 2286 */
#define ROW_MAX	   ((int64_t)1 << 30)

bool row_label_is_type(struct str media_type)
{
	return str_is(media_type, LABELLED_ROWS_TYPE) ||
	       str_is(media_type, LABELLED_PROTOBUF_TYPE);
}

struct str row_key_of(enum row_key key, const struct flow *flow)
{
	struct str text = { NULL, 0 };

	if (flow && key == ROW_KEY_CONNECTION)
		text = flow->l3_tracking_id.len ? flow->l3_tracking_id : flow->uuid;
	else if (flow && key == ROW_KEY_INTERFACE)
		text = flow->node_tid;
	if (text.len > ROW_KEY_MAX)
		text.len = ROW_KEY_MAX;
	return text;
}

size_t row_label_begin(struct buf *b, struct str key)
{
	size_t begun = b->len;

	if (buf_room(b, ROW_LABEL_SIZE))
		buf_added(b, ROW_LABEL_SIZE);
	buf_put(b, key);
	return begun;
}

void row_label_end(struct buf *b, size_t begun, struct str key, int64_t time_ms)
{
	char label[ROW_LABEL_SIZE + 1];
	size_t row;

	if (buf_error(b))
		return;
	if (time_ms < 0 || time_ms > TIME_MAX)
		time_ms = time_ms < 0 ? 0 : TIME_MAX;
	row = b->len - begun - ROW_LABEL_SIZE - key.len;
	snprintf(label, sizeof(label), "%0*" PRId64 " %0*zx %0*zx\n", TIME_WIDTH, time_ms,
		 KEY_WIDTH, key.len, ROW_WIDTH, row);
	memcpy(b->ptr + begun, label, ROW_LABEL_SIZE);
}

/* -1: these are no digits. */
static int64_t read_number(const char *digit, size_t width, int base)
{
	int64_t number = 0;

	for (; width; width--, digit++) {
		int value = *digit >= '0' && *digit <= '9'   ? *digit - '0'
			    : *digit >= 'a' && *digit <= 'f' ? *digit - 'a' + 10
							     : base;

		if (value >= base)
			return -1;
		number = number * base + value;
	}
	return number;
}

int row_label_read(struct str *bytes, struct row_label *label, size_t *needed)
{
	const char *text = bytes->ptr;
	int64_t key, row;

	*needed = ROW_LABEL_SIZE;
	if (bytes->len < ROW_LABEL_SIZE)
		return -EAGAIN;
	label->time_ms = read_number(text, TIME_WIDTH, 10);
	key = read_number(text + KEY_AT, KEY_WIDTH, 16);
	row = read_number(text + ROW_AT, ROW_WIDTH, 16);
	if (label->time_ms < 0 || key < 0 || key > ROW_KEY_MAX || row < 0 ||
	    row > ROW_MAX || text[KEY_AT - 1] != ' ' || text[ROW_AT - 1] != ' ' ||
	    text[ROW_LABEL_SIZE - 1] != '\n')
		return -EINVAL;
	*needed = ROW_LABEL_SIZE + (size_t)key + (size_t)row;
	if (bytes->len < *needed)
		return -EAGAIN;
	label->key = (struct str){ text + ROW_LABEL_SIZE, (size_t)key };
	label->row = (struct str){ text + ROW_LABEL_SIZE + key, (size_t)row };
	*bytes = str_skip(*bytes, *needed);
	return 0;
}
