/* SPDX-License-Identifier: Apache-2.0 */
/* writer.c - the table of writers. */
#include "writer/writer.h"

const struct writer *const writer_all[] = { &writer_s3, &writer_file, &writer_kafka,
					    &writer_stdout, NULL };

const struct writer *writer_find(struct str name)
{
	const struct writer *const *writer;

	for (writer = writer_all; *writer; writer++)
		if (str_is(name, (*writer)->name))
			return *writer;
	return NULL;
}
