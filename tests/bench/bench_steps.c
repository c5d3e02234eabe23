/* SPDX-License-Identifier: Apache-2.0 */
/* bench_steps.c - what each step of an export takes.
 *
 *	bench_steps FOLDER [STEP...]	median of several runs, the steps in turn
 *	bench_steps --once FOLDER STEP	one run, inside measured(): for callgrind
 *
 * FOLDER holds what flows.py wrote. Prints a line per step: name, flows a run,
 * bytes of a flow, nanoseconds of this thread (user and system) per flow, bytes
 * of objects per flow.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include "bench.h"

#define ROUNDS	  15
#define PASSES	  4
#define STEPS_MAX 32

const char *bench_folder;

struct running {
	const struct step *step;
	struct state *state;
	double ns[ROUNDS];
	size_t runs;
};

void fail(const char *fmt, ...)
{
	va_list list;

	va_start(list, fmt);
	fputs("bench_steps: ", stderr);
	vfprintf(stderr, fmt, list);
	fputs("\n", stderr);
	va_end(list);
	exit(1);
}

static double cpu_ns(void)
{
	struct timespec at;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &at);
	return (double)at.tv_sec * 1e9 + (double)at.tv_nsec;
}

/* Callgrind counts what happens in here. */
__attribute__((noinline)) static void measured(struct running *r)
{
	r->step->run(r->state);
	r->runs++; /* not in a jump at the end */
}

static void run(struct running *r, double *ns)
{
	double begun;

	if (r->step->prepare)
		r->step->prepare(r->state);
	begun = cpu_ns();
	if (ns)
		measured(r);
	else
		r->step->run(r->state);
	if (ns)
		*ns = (cpu_ns() - begun) / (double)r->state->flows;
}

static int compare(const void *a, const void *b)
{
	double left = *(const double *)a, right = *(const double *)b;

	return (left > right) - (left < right);
}

static void report(struct running *r, size_t rounds)
{
	qsort(r->ns, rounds, sizeof(*r->ns), compare);
	printf("%s %zu %.1f %.1f %.1f\n", r->step->name, r->state->flows,
	       (double)r->state->bytes / (double)r->state->flows, r->ns[rounds / 2],
	       (double)r->state->made / (double)r->state->flows);
}

static bool is_wanted(const char *name, int argc, char **argv)
{
	int i;

	for (i = 0; i < argc; i++)
		if (strcmp(argv[i], name) == 0)
			return true;
	return argc == 0;
}

static size_t choose(struct running *running, size_t passes, int argc, char **argv)
{
	const struct step *const all[] = { steps_receive, steps_decode, steps_pipeline };
	const struct step *step;
	size_t count = 0, i;

	for (i = 0; i < sizeof(all) / sizeof(*all); i++)
		for (step = all[i]; step->name; step++)
			if (is_wanted(step->name, argc, argv))
				running[count++] = (struct running){
					.step = step,
					.state = step->start(passes),
				};
	return count;
}

int main(int argc, char **argv)
{
	bool once = argc > 1 && strcmp(argv[1], "--once") == 0;
	size_t rounds = once ? 1 : ROUNDS, passes = once ? 1 : PASSES, count, round, i;
	struct running running[STEPS_MAX];

	if (argc < 2 + once)
		fail("usage: bench_steps [--once] FOLDER [STEP...]");
	bench_folder = argv[1 + once];
	count = choose(running, passes, argc - 2 - once, argv + 2 + once);
	if (!count)
		fail("there is no such step");
	for (i = 0; i < count; i++)
		run(&running[i], NULL);
	for (round = 0; round < rounds; round++)
		for (i = 0; i < count; i++)
			run(&running[i], &running[i].ns[round]);
	for (i = 0; i < count; i++) {
		report(&running[i], rounds);
		running[i].step->end(running[i].state);
	}
	return 0;
}
