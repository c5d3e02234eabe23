/* SPDX-License-Identifier: Apache-2.0 */
/* lives.c - a host that opens, starts, stops and closes the extension again and
 * again in one process: lives EXTENSION CONFIG NUMBER [RELOADS].
 *
 * Each life lasts until the extension is ready, and has reloaded so often, CONFIG and
 * CONFIG.other in turn. After each tenth of the reloads, and after the life, one line
 * says what is there: "files=N threads=N mappings=N kilobytes=N".
 */
#include <dirent.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "skydive/extension.h"

struct life {
	sem_t ready;
	atomic_bool is_ready;
};

static void on_log(void *context, enum skydive_log_level level, const char *line)
{
	(void)context;
	if (level <= SKYDIVE_LOG_WARNING)
		fprintf(stderr, "%s\n", line);
}

static void on_state(void *context, enum skydive_state state, const char *line)
{
	struct life *life = context;

	(void)line;
	if (state == SKYDIVE_STATE_READY && !atomic_exchange(&life->is_ready, true))
		sem_post(&life->ready);
}

static size_t count_entries(const char *path)
{
	DIR *dir = opendir(path);
	size_t count = 0;

	while (dir && readdir(dir))
		count++;
	if (dir)
		closedir(dir);
	return count;
}

/* proc(5): FROM-TO PERMISSIONS ..., a line each. */
static size_t count_mappings(unsigned long *kilobytes)
{
	FILE *maps = fopen("/proc/self/maps", "r");
	unsigned long from, to;
	char line[8192];
	size_t count = 0;

	*kilobytes = 0;
	while (maps && fgets(line, sizeof(line), maps)) {
		if (sscanf(line, "%lx-%lx", &from, &to) == 2)
			*kilobytes += (to - from) / 1024;
		count++;
	}
	if (maps)
		fclose(maps);
	return count;
}

static void report(void)
{
	unsigned long kilobytes;
	size_t mappings = count_mappings(&kilobytes);

	printf("files=%zu threads=%zu mappings=%zu kilobytes=%lu\n",
	       count_entries("/proc/self/fd"), count_entries("/proc/self/task"), mappings,
	       kilobytes);
	fflush(stdout);
}

static int change(const char *config)
{
	char other[4096];

	snprintf(other, sizeof(other), "%s.other", config);
	return renameat2(AT_FDCWD, config, AT_FDCWD, other, RENAME_EXCHANGE);
}

static int reload(const struct skydive_extension *extension, void *instance,
		  const char *config, int times)
{
	static char reason[4096];
	int i, error = 0;

	for (i = 1; i <= times && !error; i++) {
		error = change(config);
		if (!error)
			error = extension->reload(instance, reason, sizeof(reason));
		if (i % (times / 10) == 0)
			report();
	}
	if (error)
		fprintf(stderr, "reload: %s\n", reason);
	return error;
}

static int live(const struct skydive_extension *extension, const char *config,
		int reloads)
{
	static char reason[4096];
	struct life life = { .is_ready = false };
	const struct skydive_host host = {
		.size = sizeof(host),
		.minor = SKYDIVE_EXTENSION_MINOR,
		.context = &life,
		.log = on_log,
		.state = on_state,
	};
	void *instance = NULL;
	int error;

	sem_init(&life.ready, 0, 0);
	error = extension->open(&host, config, &instance, reason, sizeof(reason));
	if (!error)
		error = extension->start(instance, reason, sizeof(reason));
	if (!error) {
		sem_wait(&life.ready);
		error = reload(extension, instance, config, reloads);
		extension->stop(instance);
	} else {
		fprintf(stderr, "%s\n", reason);
	}
	if (instance)
		extension->close(instance);
	sem_destroy(&life.ready);
	return error;
}

int main(int argc, char **argv)
{
	const struct skydive_extension *extension;
	void *object = argc == 4 || argc == 5 ? dlopen(argv[1], RTLD_NOW | RTLD_LOCAL)
					      : NULL;
	int lives;

	extension = object ? dlsym(object, SKYDIVE_EXTENSION_SYMBOL) : NULL;
	if (!extension) {
		fprintf(stderr, "usage: lives EXTENSION CONFIG NUMBER [RELOADS]\n");
		return 2;
	}
	for (lives = atoi(argv[3]); lives > 0; lives--) {
		if (live(extension, argv[2], argc == 5 ? atoi(argv[4]) : 0) < 0)
			return 1;
		report();
	}
	return 0;
}
