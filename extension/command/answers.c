/* SPDX-License-Identifier: Apache-2.0 */
/* answers.c - see answers.h. */
#include "command/answers.h"
#include "source/recording.h"

#define TEXT_MAX ((size_t)256 << 20)

struct topology *answers_read(const struct strs *paths, struct err *err)
{
	struct topology *topology = topology_new_static(err);
	int error = topology ? 0 : -1;
	size_t i;

	for (i = 0; !error && i < paths->count; i++) {
		const char *path = paths->item[i].ptr;
		struct buf text = BUF_INIT(TEXT_MAX);

		error = recording_read_file(path, &text, err);
		if (!error)
			error = topology_add_static(topology, buf_str(&text), path, err);
		buf_fini(&text);
	}
	if (!error)
		return topology;
	topology_free(topology);
	return NULL;
}
