/* SPDX-License-Identifier: Apache-2.0 */
/* shard_pace.c - see shard_pace.h. */
#include "source/shard_pace.h"

#define WAITING_MAX    ((int64_t)4 << 20) /* bytes of all that are read */
#define GO_ON	       4		  /* with this part of what it had, one goes on */
#define CATCH_UP_TIMES 20		  /* a moment; then the most are paused */

/* Those that are read. */
struct load {
	int64_t bytes;
	int64_t partitions; /* that have some of them */
};

static struct load load_of(const int64_t *paused, size_t partitions,
			   const struct shard_pace_host *host)
{
	struct load load = { 0, 0 };
	size_t i;

	for (i = 0; i < partitions; i++) {
		int64_t waiting = paused[i] ? 0 : host->waiting(host->context, i);

		if (waiting <= 0)
			continue;
		load.bytes += waiting;
		load.partitions++;
	}
	return load;
}

static bool is_behind(const struct load *load, const struct shard_pace_host *host)
{
	return load->bytes > WAITING_MAX ||
	       (load->bytes && host->is_short(host->context));
}

static void go_on(int64_t *paused, size_t partitions, const struct shard_pace_host *host)
{
	size_t i;

	for (i = 0; i < partitions; i++) {
		int64_t waiting;

		if (!paused[i])
			continue;
		waiting = host->waiting(host->context, i);
		if (waiting > paused[i] / GO_ON ||
		    (waiting > 0 && host->is_short(host->context)))
			continue;
		paused[i] = 0;
		if (waiting >= 0)
			host->pause(host->context, i, false);
	}
}

/* Those that have no less than the others, one by one. */
static void pause_most(int64_t *paused, size_t partitions, const struct load *load,
		       const struct shard_pace_host *host)
{
	size_t i;

	for (i = 0; i < partitions; i++) {
		int64_t waiting = paused[i] ? 0 : host->waiting(host->context, i);

		if (waiting <= 0 || waiting < load->bytes / load->partitions)
			continue;
		paused[i] = waiting;
		host->pause(host->context, i, true);
	}
}

void shard_pace_turn(int64_t *paused, size_t partitions,
		     const struct shard_pace_host *host)
{
	struct load load;
	int i;

	go_on(paused, partitions, host);
	load = load_of(paused, partitions, host);
	for (i = 0; i < CATCH_UP_TIMES && is_behind(&load, host); i++) {
		host->wait(host->context);
		load = load_of(paused, partitions, host);
	}
	if (i == CATCH_UP_TIMES && is_behind(&load, host))
		pause_most(paused, partitions, &load, host);
}
