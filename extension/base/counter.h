/* SPDX-License-Identifier: Apache-2.0 */
/* counter.h - descriptions of the counters that the exporter shows of itself.
 *
 * A module that counts has a const table beside the struct of its numbers: a row for
 * each, then one without help. The pages /metrics and /status, the table of the command
 * "status" and the reference are made from these rows, so a new counter is one member
 * and one row.
 *
 * Metrics follow Prometheus' naming rules (prometheus.io/docs/practices/naming): the
 * name of one that only rises ends with _total. The macros take the type of the number
 * from the member's C type; a table cannot disagree with its struct.
 */
#ifndef BASE_COUNTER_H
#define BASE_COUNTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum counter_kind {
	COUNTER_TOTAL, /* rises, and begins at 0 with each start */
	COUNTER_GAUGE, /* the present value */
};

enum counter_unit {
	UNIT_NONE, /* what the help says is counted */
	UNIT_FLOWS,
	UNIT_FLOWS_PER_SECOND,
	UNIT_RECORDS,
	UNIT_RECORDS_PER_SECOND,
	UNIT_OBJECTS,
	UNIT_BYTES,
	UNIT_SECONDS,
	UNIT_YES_OR_NO, /* 1 or 0 */
	UNITS
};

enum counter_type {
	COUNTER_I64 = 1,
	COUNTER_U64,
	COUNTER_UNSIGNED,
	COUNTER_BOOL,
};

struct counter {
	/* Member of /status; NULL: not there. Rows that follow each other with
	 * the same name are one object, with a member for each reason. */
	const char *name;
	const char *metric; /* without the prefix; NULL: not on /metrics */
	const char *reason; /* value of the metric's label "reason", or NULL */
	const char *about;  /* the reason in a few words, or NULL */
	const char *help;   /* one sentence, of all reasons together */
	enum counter_kind kind;
	enum counter_unit unit;
	enum counter_type type;
	/* A number below 0 means "not known": it is left out of /status, and 0 on
	 * /metrics. */
	bool may_be_unknown;
	size_t offset; /* of the number in its struct */
};

#define COUNTER_TYPE_OF(lvalue)                                                          \
	_Generic((lvalue), int64_t                                                       \
		 : COUNTER_I64, uint64_t                                                 \
		 : COUNTER_U64, unsigned                                                 \
		 : COUNTER_UNSIGNED, bool                                                \
		 : COUNTER_BOOL)

/* Where the number is: the first initializer of a row. */
#define COUNTER_AT(of, member)                                                           \
	.type = COUNTER_TYPE_OF(((of *)0)->member), .offset = offsetof(of, member)

/* The number of a row in the struct that its table describes. */
int64_t counter_get(const struct counter *, const void *numbers);
/* The row of this name. NULL: none. */
const struct counter *counter_find(const struct counter *table, const char *name);
/* Whether the row belongs to the same metric as the row before it, for another reason;
 * and whether it shares that row's member of /status. */
bool counter_continues(const struct counter *table, const struct counter *row);
bool counter_shares_name(const struct counter *table, const struct counter *row);
/* "flows", "bytes", ...; "" of UNIT_NONE. */
const char *counter_unit_name(enum counter_unit);

#endif
