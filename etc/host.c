/* SPDX-License-Identifier: Apache-2.0 */
/* host.c - a host in a screen: runs an extension until it is interrupted.
 *
 *	cc -o host host.c -ldl
 *	./host /usr/lib/skydive/extensions/skydive-exporter.so exporter.yml
 *
 * What a host may rely on is said in skydive/extension.h, of the development package.
 */
#define _POSIX_C_SOURCE 200809L
#include <dlfcn.h>
#include <signal.h>
#include <stdio.h>
#include <skydive/extension.h>

static char reason[65536];

static void on_log(void *context, enum skydive_log_level level, const char *line)
{
	(void)context;
	if (level <= SKYDIVE_LOG_INFO)
		fprintf(stderr, "%s\n", line);
}

static int run(const struct skydive_extension *extension, const char *config)
{
	const struct skydive_host host = { .size = sizeof(host),
					   .minor = SKYDIVE_EXTENSION_MINOR,
					   .log = on_log };
	sigset_t signals;
	void *instance;
	int got = 0;

	sigemptyset(&signals);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGHUP);
	sigprocmask(SIG_BLOCK, &signals, NULL);

	if (extension->open(&host, config, &instance, reason, sizeof(reason)) < 0)
		return -1;
	if (extension->start(instance, reason, sizeof(reason)) < 0) {
		extension->close(instance);
		return -1;
	}
	while (sigwait(&signals, &got) == 0 && got == SIGHUP)
		if (extension->reload(instance, reason, sizeof(reason)) < 0)
			fprintf(stderr, "%s\n", reason);
	extension->stop(instance);
	extension->close(instance);
	return 0;
}

int main(int argc, char **argv)
{
	void *object = argc == 3 ? dlopen(argv[1], RTLD_NOW | RTLD_LOCAL) : NULL;
	const struct skydive_extension *extension;

	extension = object ? dlsym(object, SKYDIVE_EXTENSION_SYMBOL) : NULL;
	if (!extension) {
		fprintf(stderr, "%s\n", argc == 3 ? dlerror() : "host EXTENSION CONFIG");
		return 2;
	}
	if (run(extension, argv[2]) < 0) {
		fprintf(stderr, "%s\n", reason);
		return 1;
	}
	return 0;
}
