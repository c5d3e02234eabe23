/* SPDX-License-Identifier: Apache-2.0 */
/* sparkline.h - a small curve without axes, as inline SVG.
 *
 * It is beside a number that says the same more exactly, so it is hidden from readers of
 * the screen. The highest value reaches the top; all zeros are a line at the bottom.
 */
#ifndef PAGE_SPARKLINE_H
#define PAGE_SPARKLINE_H

#include "page/html.h"

/* count: at least 2. */
void sparkline_put(struct html *, const int64_t *value, size_t count);

#endif
