/* SPDX-License-Identifier: Apache-2.0 */
/* bench_lookups.c - Security Advisor records while the topology is not known yet.
 *
 *	bench_lookups FOLDER ANALYZER MAX_IN_FLIGHT PASSES [mirror]
 *
 * The flows of peers.pb become rows in a spool, first with nothing known, then
 * once more. Prints flows, requests, and seconds of each.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include "pipe.h"

const char *bench_folder;

void fail(const char *fmt, ...)
{
	va_list list;

	va_start(list, fmt);
	fputs("bench_lookups: ", stderr);
	vfprintf(stderr, fmt, list);
	fputs("\n", stderr);
	va_end(list);
	exit(1);
}

static double seconds(struct pipe *p)
{
	struct timespec begun, ended;

	clock_gettime(CLOCK_MONOTONIC, &begun);
	pipe_make_rows(p);
	clock_gettime(CLOCK_MONOTONIC, &ended);
	return (double)(ended.tv_sec - begun.tv_sec) +
	       (double)(ended.tv_nsec - begun.tv_nsec) / 1e9;
}

int main(int argc, char **argv)
{
	struct pipe_options options = {
		.flows = "peers.pb",
		.transform = PIPE_SECADVISOR,
		.compression = { "gzip", 6 },
	};
	struct topology_counters counters;
	double cold, warm;
	struct pipe *p;

	if (argc != 5 && argc != 6)
		fail("usage: bench_lookups FOLDER ANALYZER MAX_IN_FLIGHT PASSES "
		     "[mirror]");
	bench_folder = argv[1];
	options.analyzer = argv[2];
	options.mirrors = argc == 6;
	if (!options.mirrors)
		options.transform = "secadvisor";
	options.max_in_flight = atoi(argv[3]);
	p = pipe_start((size_t)atoi(argv[4]), &options);
	cold = seconds(p);
	topology_count(p->topology, &counters);
	warm = seconds(p);
	printf("%zu %llu %.3f %.3f\n", p->state.flows,
	       (unsigned long long)counters.requests, cold, warm);
	pipe_end(p);
	return 0;
}
