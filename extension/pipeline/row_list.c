/* SPDX-License-Identifier: Apache-2.0 */
/* row_list.c - see row_list.h. */
#include <stdlib.h>
#include "base/grow.h"
#include "pipeline/row_list.h"

#define ROW_MAX	    ((size_t)1 << 20)
#define ROWS_MAX    ((size_t)256 << 20) /* of a batch; the sink bounds the rest */
#define SMALL_BYTES ((size_t)16 << 10)

void row_list_init(struct row_list *list)
{
	*list = (struct row_list){ .bytes = BUF_INIT(ROWS_MAX) };
}

void row_list_fini(struct row_list *list)
{
	buf_fini(&list->bytes);
	free(list->row);
	*list = (struct row_list){ 0 };
}

bool row_list_end_row(struct row_list *list, int64_t time_ms)
{
	size_t len = list->bytes.len - list->used;

	if (buf_error(&list->bytes) || len > ROW_MAX ||
	    !grow(list->row, list->room, list->count + 1)) {
		list->bytes.error = 0;
		buf_cut(&list->bytes, list->used);
		return false;
	}
	list->row[list->count++] = (struct row){ time_ms, (uint32_t)len };
	list->used = list->bytes.len;
	return true;
}

size_t row_list_bytes(const struct row_list *list, size_t rows)
{
	size_t sum = 0, i;

	if (rows == list->count)
		return list->used;
	for (i = 0; i < rows; i++)
		sum += list->row[i].bytes;
	return sum;
}

/* Many lists of few rows are empty most of the time, and soon as large again. */
static void forget_bytes(struct buf *bytes)
{
	if (bytes->cap <= SMALL_BYTES)
		buf_fini(bytes);
	else
		buf_reset(bytes);
}

void row_list_forget(struct row_list *list, size_t rows)
{
	size_t bytes = row_list_bytes(list, rows);

	if (rows == list->count) {
		list->count = list->used = 0;
		forget_bytes(&list->bytes);
		return;
	}
	memmove(list->bytes.ptr, list->bytes.ptr + bytes, list->used - bytes);
	memmove(list->row, list->row + rows, (list->count - rows) * sizeof(*list->row));
	list->count -= rows;
	list->used -= bytes;
	buf_cut(&list->bytes, list->used);
}

static bool is_within(const struct row *row, int64_t from_ms, int64_t to_ms)
{
	return row->time_ms >= from_ms && row->time_ms < to_ms;
}

/* Appends the rows within, or those that are not, to the others' end. */
static void copy_rows(const struct row_list *list, bool wanted, int64_t from_ms,
		      int64_t to_ms, struct row_list *out)
{
	const char *at = list->bytes.ptr;
	size_t i;

	for (i = 0; i < list->count; i++) {
		const struct row *row = &list->row[i];

		if (is_within(row, from_ms, to_ms) == wanted) {
			buf_put(&out->bytes, (struct str){ at, row->bytes });
			out->row[out->count++] = *row;
		}
		at += row->bytes;
	}
}

size_t row_list_bring_forward(struct row_list *list, int64_t from_ms, int64_t to_ms)
{
	struct row_list sorted;
	size_t within = 0, leading = 0, i;

	for (i = 0; i < list->count; i++) {
		if (!is_within(&list->row[i], from_ms, to_ms))
			continue;
		leading += within == i;
		within++;
	}
	if (leading == within)
		return within;
	row_list_init(&sorted);
	sorted.room = list->room;
	sorted.row = malloc(list->room * sizeof(*sorted.row));
	if (sorted.row && buf_room(&sorted.bytes, list->used)) {
		copy_rows(list, true, from_ms, to_ms, &sorted);
		copy_rows(list, false, from_ms, to_ms, &sorted);
		sorted.used = list->used;
		row_list_fini(list);
		*list = sorted;
		return within;
	}
	row_list_fini(&sorted);
	return 0;
}
