/* SPDX-License-Identifier: Apache-2.0 */
/* c_locale.c - see c_locale.h. */
#include "sys/c_locale.h"

/* It is there without memory, so nobody has to free it. */
locale_t c_locale_enter(void)
{
	return uselocale(newlocale(LC_ALL_MASK, "C", (locale_t)0));
}

void c_locale_leave(const locale_t *before)
{
	uselocale(*before);
}
