/* SPDX-License-Identifier: Apache-2.0 */
/* replay.c - a target without libFuzzer: it gets every file of some folders.
 *
 *	replay_NAME FILE|FOLDER...
 *
 * Prints how many files there were, and the most memory it ever had, in KiB.
 */
#include <dirent.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include "fuzz.h"

#define PATH_SIZE 4096

static size_t files;

static void stop(const char *path)
{
	perror(path);
	exit(2);
}

/* In a block of just its size, so that a sanitizer sees the end. */
static void replay_file(const char *path, size_t size)
{
	uint8_t *data = malloc(size ? size : 1);
	int fd = open(path, O_RDONLY);
	size_t len = 0;
	ssize_t n = 1;

	if (!data || fd < 0)
		stop(path);
	for (; len < size && n > 0; len += n > 0 ? (size_t)n : 0)
		n = read(fd, data + len, size - len);
	if (len != size)
		stop(path);
	close(fd);
	fprintf(stderr, "%s\n", path);
	LLVMFuzzerTestOneInput(data, size);
	free(data);
	files++;
}

static void replay(const char *path)
{
	char inside[PATH_SIZE];
	struct stat status;
	struct dirent *entry;
	DIR *dir;

	if (stat(path, &status) < 0)
		stop(path);
	if (!S_ISDIR(status.st_mode)) {
		replay_file(path, (size_t)status.st_size);
		return;
	}
	dir = opendir(path);
	if (!dir)
		stop(path);
	while ((entry = readdir(dir))) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(inside, sizeof(inside), "%s/%s", path, entry->d_name);
		replay(inside);
	}
	closedir(dir);
}

int main(int argc, char **argv)
{
	struct rusage usage;
	int i;

	for (i = 1; i < argc; i++)
		replay(argv[i]);
	getrusage(RUSAGE_SELF, &usage);
	printf("%zu files, %ld KiB\n", files, usage.ru_maxrss);
	return 0;
}
