/* SPDX-License-Identifier: Apache-2.0 */
/* trial.c - see trial.h. The child writes a '+', or what is wrong, or crashes. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include "preload/trial.h"

#define PASSED '+'

static void trial_say(int to, const char *text, size_t size)
{
	while (size) {
		ssize_t n = write(to, text, size);

		if (n <= 0)
			return;
		text += n;
		size -= (size_t)n;
	}
}

/* It may be stopped as any other, and goes when the analyzer goes; no core of it. */
static void trial_be_modest(void)
{
	const struct rlimit none = { 0, 0 };
	sigset_t blocked;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	setrlimit(RLIMIT_CORE, &none);
	sigemptyset(&blocked);
	sigaddset(&blocked, SIGPIPE);
	sigprocmask(SIG_SETMASK, &blocked, NULL);
}

static void trial_run(int to, const char *path, const char *config)
{
	static char reason[64 * 1024];
	const struct skydive_host host = { .size = sizeof(host),
					   .minor = SKYDIVE_EXTENSION_MINOR };
	const char passed = PASSED;
	const struct skydive_extension *extension;
	void *instance;

	trial_be_modest();
	extension = load_extension(path, reason, sizeof(reason));
	if (!extension ||
	    extension->open(&host, config, &instance, reason, sizeof(reason)) < 0) {
		trial_say(to, reason, strlen(reason));
	} else {
		extension->close(instance);
		trial_say(to, &passed, 1);
	}
	_exit(0);
}

int trial_begin(struct trial *trial, const char *path, const char *config)
{
	int ends[2], error;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return errno;
	trial->child = fork();
	error = errno;
	if (trial->child == 0)
		trial_run(ends[1], path, config);
	close(ends[1]);
	trial->result = ends[0];
	if (trial->child > 0)
		return 0;
	close(ends[0]);
	return error;
}

static size_t trial_hear(struct trial *trial, char *text, size_t size)
{
	size_t length = 0;
	ssize_t n;

	do {
		n = read(trial->result, text + length, size - 1 - length);
		length += n > 0 ? (size_t)n : 0;
	} while (n > 0 && length < size - 1);
	close(trial->result);
	text[length] = '\0';
	return length;
}

/* The analyzer may have waited for all children, and so for this one. */
bool trial_end(struct trial *trial, const char *path, char *why, size_t size)
{
	size_t said = trial_hear(trial, why, size);
	int status = 0;
	bool is_known = waitpid(trial->child, &status, 0) == trial->child;

	if (said)
		return *why == PASSED;
	if (is_known && WIFSIGNALED(status))
		snprintf(why, size, "%s: its trial ended with signal %d (%s)", path,
			 WTERMSIG(status), strsignal(WTERMSIG(status)));
	else
		snprintf(why, size, "%s: its trial ended without a result", path);
	return false;
}
