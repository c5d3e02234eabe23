/* SPDX-License-Identifier: Apache-2.0 */
/* yaml.h - YAML 1.1 text as a tree of nodes that know their lines.
 *
 * The only user of libyaml. Scalars are resolved as go-yaml v2 does, because the
 * configuration files we read were written for it: yes/no/on/off are booleans, 010 is
 * octal, 1e3 is a float, "~" and nothing are null; a quoted scalar is always a string.
 * Anchors, aliases and "<<" merges work; a document that expands to more than 1,000,000
 * nodes or nests deeper than 64 levels is refused. The last of duplicate keys wins, and
 * the map lists the others; a map's own keys win over those that "<<" merges. A byte
 * order mark at the start, in UTF-8 or UTF-16, is skipped.
 *
 * A whole number past 64 bits is a string, so that no digit is lost.
 */
#ifndef CONFIG_YAML_H
#define CONFIG_YAML_H

#include <stdint.h>
#include "base/arena.h"
#include "base/err.h"

enum yaml_kind {
	YAML_NULL,
	YAML_BOOL,
	YAML_INT,
	YAML_FLOAT,
	YAML_STR,
	YAML_LIST,
	YAML_MAP,
};

/* A key that a map has more than once. */
struct yaml_twice {
	const struct yaml_twice *next;
	struct str key;
	const struct yaml_node *dropped; /* its value */
	unsigned line;			 /* of that */
};

struct yaml_node {
	enum yaml_kind kind;
	unsigned line;			/* from 1 */
	struct str text;		/* scalars: as written, without quotes */
	bool boolean;			/* BOOL */
	int64_t integer;		/* INT */
	double number;			/* FLOAT, INT */
	struct yaml_node **item;	/* LIST, MAP */
	struct str *key;		/* MAP: of each item, as written */
	unsigned *key_line;		/* MAP */
	size_t count;			/* LIST, MAP */
	const struct yaml_twice *twice; /* MAP: its dropped duplicates, or NULL */
};

/* Everything is allocated from the arena; an alias is the anchored node itself,
 * so nodes may be shared. *root is a NULL node for an empty document. -EINVAL:
 * the reason starts with "line N: "; the caller knows the file. Several
 * documents in one text are an error, unless all but one are empty. */
int yaml_parse(struct str text, struct arena *, struct yaml_node **root, struct err *);

#endif
