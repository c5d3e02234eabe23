/* SPDX-License-Identifier: Apache-2.0 */
/* c_locale.h - the C locale, whatever that of the host is: numbers have a point, texts are
 * sorted by their bytes, "i" is the small "I", and messages are those of the manuals.
 * It is the thread's (uselocale(3)), so the host keeps its own.
 */
#ifndef SYS_C_LOCALE_H
#define SYS_C_LOCALE_H

#include <locale.h>

/* From here to the end of the function, on a thread of the host. */
#define IN_C_LOCALE                                                                      \
	__attribute__((unused, cleanup(c_locale_leave)))                                 \
	locale_t c_locale_before = c_locale_enter()

/* Returns what the thread had before. */
locale_t c_locale_enter(void);
void c_locale_leave(const locale_t *before);

#endif
