/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_recording.c - a file of messages, as lines and as sized messages, plain
 * or gzip'ed.
 */
#include <fcntl.h>
#include <unistd.h>
#include "fuzz.h"
#include "source/recording.h"
#include "sys/io.h"

static char folder[64];

static void remove_folder(void)
{
	io_remove_tree(folder);
}

static void make_folder(void)
{
	snprintf(folder, sizeof(folder), "/dev/shm/fuzz-recording-XXXXXX");
	fuzz_check(mkdtemp(folder) != NULL, "there is a place for the file");
	atexit(remove_folder);
}

static void read_as(const char *name, struct str bytes)
{
	char path[128];
	struct recording *r;
	struct recorded recorded;
	struct err err = ERR_INIT;
	int fd, more;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	fd = io_open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	fuzz_check(fd >= 0 && io_write(fd, bytes) == 0, "the file can be written");
	close(fd);
	r = recording_open(path, &err);
	fuzz_check(r != NULL, "the file can be opened");
	while ((more = recording_next(r, &recorded, &err)) > 0) {
		fuzz_touch((struct str){ recorded.message, recorded.size });
		free(recorded.message);
	}
	fuzz_check(more == 0 || *err.text, "whoever fails says why");
	recording_close(r);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (!*folder)
		make_folder();
	read_as("a.jsonl", fuzz_str(data, size));
	read_as("a.pb", fuzz_str(data, size));
	return 0;
}
