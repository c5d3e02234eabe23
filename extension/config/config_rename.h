/* SPDX-License-Identifier: Apache-2.0 */
/* config_rename.h - keys of older layouts, read as today's.
 *
 * A renamed key counts where it stands; when the same document has the new one,
 * too, that wins. Each that is met is told once, with file, line and what to
 * write instead.
 */
#ifndef CONFIG_CONFIG_RENAME_H
#define CONFIG_CONFIG_RENAME_H

#include "config/config.h"

/* A key that moved, or (with a value) a value that is written otherwise. */
struct config_rename {
	const char *from, *to;		  /* to: the same path when a value changed */
	const char *value, *new_value;	  /* NULL: any */
	const char *implied, *implied_as; /* set, too, unless it is; or NULL */
};

/* Changes the document that was added last. The table ends with an entry without
 * from. 0 or -ENOMEM. */
int config_rename(struct config *, const struct config_rename *,
		  struct problems *warnings);

#endif
