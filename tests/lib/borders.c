/* SPDX-License-Identifier: Apache-2.0 */
/* borders.c - cuts a shard as the product does, for comparison with the model: borders
 * INTERVAL OFFSET METADATA, and a line "OFFSET TIME" for each message on standard input.
 * A line "OFFSET:CLOCK" for each cut on standard output. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include "source/shard_place.h"

int main(int argc, char **argv)
{
	struct shard_place place;
	struct shard_borders b;
	struct shard_cut cut;
	struct err err = ERR_INIT;
	int64_t offset, time_ms;

	if (argc != 4 ||
	    shard_place_read(atoll(argv[2]), str_of(argv[3]), &place, &err)) {
		fprintf(stderr, "usage: borders INTERVAL OFFSET METADATA: %s\n",
			err.text);
		return 2;
	}
	shard_borders_init(&b, atoll(argv[1]), &place);
	while (scanf("%" SCNd64 " %" SCNd64, &offset, &time_ms) == 2) {
		while (shard_borders_next(&b, offset, time_ms, &cut))
			printf("%" PRId64 ":%" PRId64 "\n", cut.offset, cut.clock_ms);
		shard_borders_take(&b, time_ms);
	}
	return 0;
}
