/* SPDX-License-Identifier: Apache-2.0 */
/* sparkline.c - see sparkline.h. The path is short (SVG 1.1 section 8.3): steps of one
 * between relative heights, and what stays level is one stroke. A thousand of them are on
 * a page. */
#include <inttypes.h>
#include "page/sparkline.h"

#define HEIGHT 14

static int64_t sparkline_y(int64_t value, int64_t highest)
{
	if (highest <= 0 || value <= 0)
		return HEIGHT;
	return HEIGHT - (int64_t)((double)value * (HEIGHT - 1) / (double)highest + 0.5);
}

static void sparkline_level(struct buf *b, size_t steps)
{
	if (steps)
		buf_printf(b, "h%zu", steps);
}

static void sparkline_path(struct buf *b, const int64_t *value, size_t count,
			   int64_t highest)
{
	int64_t y = sparkline_y(value[0], highest), next;
	size_t level = 0, i;

	buf_printf(b, "M0 %" PRId64, y);
	for (i = 1; i < count; i++, y = next) {
		next = sparkline_y(value[i], highest);
		if (next == y) {
			level++;
			continue;
		}
		sparkline_level(b, level);
		level = 0;
		buf_printf(b, "l1%s%" PRId64, next > y ? " " : "", next - y);
	}
	sparkline_level(b, level);
}

void sparkline_put(struct html *h, const int64_t *value, size_t count)
{
	int64_t highest = 0;
	size_t i;

	for (i = 0; i < count; i++)
		if (value[i] > highest)
			highest = value[i];
	html_constant(h, "<svg aria-hidden=\"true\" viewBox=\"0 0 ");
	buf_printf(h->out, "%zu %d\" preserveAspectRatio=\"none\"><path d=\"", count - 1,
		   HEIGHT + 1);
	sparkline_path(h->out, value, count, highest);
	html_constant(h, "\"/></svg>");
}
