/* SPDX-License-Identifier: Apache-2.0 */
/* torture.c - see torture.h.
 *
 * Each operation is run as usual, then with its 1st, 2nd, ... allocation failing,
 * alone and with all that follow. The exit status is 1 when anything was wrong.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "allocation.h"
#include "torture.h"

#define DEADLINE_S 60

static const struct operation *const layers[] = {
	torture_base, torture_format, torture_flow, torture_pipeline, torture_stage,
};

static struct outcome usual, present;
static size_t faults;

void outcome_put(struct outcome *o, struct str s)
{
	if (s.len > OUTCOME_MAX - o->len)
		abort();
	if (s.len)
		memcpy(o->text + o->len, s.ptr, s.len);
	o->len += s.len;
}

void outcome_puts(struct outcome *o, const char *text)
{
	outcome_put(o, str_of(text));
}

void outcome_put_i64(struct outcome *o, int64_t value)
{
	char text[32];

	snprintf(text, sizeof(text), "%lld ", (long long)value);
	outcome_puts(o, text);
}

static void complain(const struct operation *operation, size_t number, bool onwards,
		     const char *what)
{
	faults++;
	fprintf(stderr, "%s, allocation %zu%s: %s\n", operation->name, number,
		onwards ? " and all later ones" : "", what);
}

static bool is_right(const struct operation *operation)
{
	return (present.len == usual.len &&
		memcmp(present.text, usual.text, usual.len) == 0) ||
	       (allocation_has_failed() && operation->allows &&
		operation->allows(&present, &usual));
}

static bool is_beginning(void)
{
	return str_starts((struct str){ usual.text, usual.len },
			  (struct str){ present.text, present.len });
}

static void run_failing(const struct operation *operation, size_t number, bool onwards)
{
	long live = allocation_live();
	int error;

	present.len = 0;
	alarm(DEADLINE_S);
	allocation_fail(number, onwards);
	error = operation->run(&present);
	live = allocation_live() - live;
	if (error && !allocation_has_failed())
		complain(operation, number, onwards, "failed, and memory did not");
	if (!error && !is_right(operation))
		complain(operation, number, onwards, "another outcome");
	if (error && operation->keeps_first && !is_beginning())
		complain(operation, number, onwards, "what was kept is not right");
	allocation_fail(0, false);
	if (live)
		complain(operation, number, onwards, "blocks were not freed");
}

/* What it does with all the memory it wants, and how many times it asks. */
static size_t run_usual(const struct operation *operation)
{
	long live;

	usual.len = 0;
	allocation_fail(0, false);
	if (operation->run(&usual) != 0 || !usual.len)
		complain(operation, 0, false, "fails without any reason");
	usual.len = 0;
	live = allocation_live();
	allocation_fail(0, false);
	operation->run(&usual);
	if (allocation_live() != live)
		complain(operation, 0, false, "blocks were not freed");
	return allocation_count();
}

static void torture(const struct operation *operation)
{
	size_t count = run_usual(operation), number;

	for (number = 1; number <= count; number++) {
		run_failing(operation, number, false);
		run_failing(operation, number, true);
	}
	printf("%-24s %6zu allocations\n", operation->name, count);
}

int main(void)
{
	const struct operation *operation;
	size_t i;

	for (i = 0; i < sizeof(layers) / sizeof(layers[0]); i++)
		for (operation = layers[i]; operation->name; operation++)
			torture(operation);
	printf("%zu faults\n", faults);
	return faults ? 1 : 0;
}
