/* SPDX-License-Identifier: Apache-2.0 */
/* query.c - see query.h. */
#include "page/html.h"
#include "page/query.h"

const char *const query_sorts[SORTS] = { "",	    "name",   "flows",	"records",
					 "pending", "oldest", "dropped" };

static enum query_sort query_read_sort(struct str text)
{
	int sort;

	for (sort = SORT_NAME; sort < SORTS; sort++)
		if (str_is(text, query_sorts[sort]))
			return (enum query_sort)sort;
	return SORT_TROUBLE;
}

static size_t query_read_n(struct str text)
{
	size_t n = 0, i;

	for (i = 0; i < text.len && text.ptr[i] >= '0' && text.ptr[i] <= '9'; i++)
		n = n > QUERY_N_MAX ? n : n * 10 + (size_t)(text.ptr[i] - '0');
	if (i == 0 || i < text.len)
		return QUERY_N_DEFAULT;
	return n < QUERY_N_MAX ? n : QUERY_N_MAX;
}

struct query query_read(struct str items)
{
	struct query q = { .name = STR(""), .n = QUERY_N_DEFAULT };
	struct str item, key, value;

	for (; items.len; items = str_skip(items, item.len + 1)) {
		item = str_until(items, '\0');
		key = str_until(item, '=');
		value = str_skip(item, key.len + 1);
		if (str_is(key, "q"))
			q.name = value;
		else if (str_is(key, "state"))
			q.only_bad = str_is(value, "bad");
		else if (str_is(key, "sort"))
			q.sort = query_read_sort(value);
		else if (str_is(key, "n"))
			q.n = query_read_n(value);
	}
	return q;
}

void query_put(struct buf *b, const struct query *q)
{
	char next = '?';

	buf_putc(b, '/');
	if (q->name.len) {
		buf_printf(b, "%cq=", next);
		url_encode(b, q->name);
		next = '&';
	}
	if (q->only_bad) {
		buf_printf(b, "%cstate=bad", next);
		next = '&';
	}
	if (q->sort != SORT_TROUBLE) {
		buf_printf(b, "%csort=%s", next, query_sorts[q->sort]);
		next = '&';
	}
	if (q->n != QUERY_N_DEFAULT)
		buf_printf(b, "%cn=%zu", next, q->n);
}

bool query_wants(const struct query *q, struct str name)
{
	size_t i;

	for (i = 0; i + q->name.len <= name.len; i++)
		if (str_equal_nocase((struct str){ name.ptr + i, q->name.len }, q->name))
			return true;
	return false;
}
