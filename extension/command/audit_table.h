/* SPDX-License-Identifier: Apache-2.0 */
/* audit_table.h - the objects that a store should have, held against what it has. Pure.
 *
 *	for each line of the journal	audit_table_note()
 *	audit_table_begin()
 *	for each object of the store	audit_table_see()
 *	for newer lines of the journal	audit_table_excuse()
 *
 * Memory is bounded by the journal, and by AUDIT_UNKNOWN_MAX objects that are not in it.
 */
#ifndef COMMAND_AUDIT_TABLE_H
#define COMMAND_AUDIT_TABLE_H

#include "base/arena.h"
#include "spool/stored_line.h"

#define AUDIT_UNKNOWN_MAX 1000

struct audit_entry {
	struct str key;
	int64_t bytes, at_ms; /* as on record, of the last time */
	int64_t found;	      /* bytes in the store; -1: it was not seen */
	size_t order;	      /* of the line; private */
};

struct audit_unknown {
	struct str key;
	int64_t bytes;
	bool is_excused; /* it was stored since */
};

struct audit_table {
	struct arena arena;	   /* of the keys */
	struct str place;	   /* whose objects count */
	bool is_here;		   /* private: the lines are of that place */
	struct audit_entry *entry; /* by key, after audit_table_begin() */
	size_t entries, room;
	struct audit_unknown *unknown;
	size_t unknowns, unknown_room;
	int64_t since_ms;      /* of the first line; 0: there is none */
	int64_t elsewhere;     /* objects of other places */
	int64_t missed;	       /* objects that are on no line */
	int64_t not_on_record; /* objects of the store, also those that are not in
				* unknown */
	int64_t kept;	       /* private: those that are, and are not excused */
};

/* place is copied. */
void audit_table_init(struct audit_table *, struct str place);
void audit_table_fini(struct audit_table *);

/* 0 or -ENOMEM. */
int audit_table_note(struct audit_table *, const struct stored_line *);
/* Sorts what was noted; of lines of one key the last counts. */
void audit_table_begin(struct audit_table *);
/* How all keys begin, up to a slash. Borrowed. */
struct str audit_table_prefix(const struct audit_table *);
/* 0 or -ENOMEM. */
int audit_table_see(struct audit_table *, struct str key, int64_t bytes);
/* Of what was written since the table was begun. Of strangers that are not in unknown
 * it is taken for one. */
void audit_table_excuse(struct audit_table *, const struct stored_line *);

#endif
