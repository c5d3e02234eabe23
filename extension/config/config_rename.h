/* SPDX-License-Identifier: Apache-2.0 */
/* config_rename.h - keys of older layouts, read as today's.
 *
 * A renamed key applies in its own document, also without a value; if the same document
 * has the new key, too, that wins. Each old key with a value is reported once, with
 * file, line and what to write instead.
 */
#ifndef CONFIG_CONFIG_RENAME_H
#define CONFIG_CONFIG_RENAME_H

#include "config/config.h"

/* What is done with an old key. Without to, new_value and dropped only the implied key
 * is set. */
struct config_rename {
	const char *from, *to; /* to: NULL: it stays where it is */
	const char *value,
		*new_value; /* only this value, and what it is now; NULL: any */
	const char *implied, *implied_as; /* also set, unless it is set already; or
					   * NULL */
	const char *when,
		*when_value; /* only if that has a value, or this one; or NULL */
	const char *unless;  /* only if that is not set; or NULL */
	const char *dropped; /* why it no longer has a meaning; or NULL */
};

/* Changes the document that was added last. The table ends with an entry without
 * from. 0 or -ENOMEM. */
int config_rename(struct config *, const struct config_rename *,
		  struct problems *warnings);

#endif
