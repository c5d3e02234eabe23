/* SPDX-License-Identifier: Apache-2.0 */
/* lives.c - a host that opens, starts, stops and closes the extension again and
 * again in one process: lives EXTENSION CONFIG NUMBER.
 *
 * Each life lasts until the extension is ready. After it one line says what is
 * left: "files=N threads=N".
 */
#include <dirent.h>
#include <dlfcn.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
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

static int live(const struct skydive_extension *extension, const char *config)
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
		error = extension->stop(instance);
	} else {
		fprintf(stderr, "%s\n", reason);
	}
	if (instance)
		extension->close(instance);
	sem_destroy(&life.ready);
	return error;
}

static void report(void)
{
	printf("files=%zu threads=%zu\n", count_entries("/proc/self/fd"),
	       count_entries("/proc/self/task"));
	fflush(stdout);
}

int main(int argc, char **argv)
{
	const struct skydive_extension *extension;
	void *object = argc == 4 ? dlopen(argv[1], RTLD_NOW | RTLD_LOCAL) : NULL;
	int lives;

	extension = object ? dlsym(object, SKYDIVE_EXTENSION_SYMBOL) : NULL;
	if (!extension) {
		fprintf(stderr, "usage: lives EXTENSION CONFIG NUMBER\n");
		return 2;
	}
	for (lives = atoi(argv[3]); lives > 0; lives--) {
		if (live(extension, argv[2]) < 0)
			return 1;
		report();
	}
	return 0;
}
