/* SPDX-License-Identifier: Apache-2.0 */
/* tell.c - see tell.h. */
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "command/tell.h"
#include "net/get.h"
#include "net/listener.h"

#define TIMEOUT_MS 5000
#define REPLY_MAX  4096
#define ANALYZER   "skydive"

enum told { TOLD, NOT_TOLD, ELSEWHERE };

static enum told tell_by_socket(struct str address, struct err *err)
{
	struct buf reply = BUF_INIT(REPLY_MAX);
	struct err none = ERR_INIT;
	int status = net_post(address.ptr, "/reload", TIMEOUT_MS, &reply, &none);

	if (status == 403)
		err_set(err, "%s: " STR_FMT, address.ptr,
			(int)(reply.len ? reply.len - 1 : 0), reply.ptr ? reply.ptr : "");
	buf_fini(&reply);
	return status == 202 ? TOLD : status == 403 ? NOT_TOLD : ELSEWHERE;
}

static bool is_analyzer(pid_t pid)
{
	char link[64], path[PATH_MAX];
	const char *name;
	ssize_t n;

	snprintf(link, sizeof(link), "/proc/%d/exe", (int)pid);
	n = readlink(link, path, sizeof(path) - 1);
	path[n > 0 ? n : 0] = '\0';
	name = strrchr(path, '/');
	return name && (strcmp(name + 1, ANALYZER) == 0 ||
			strcmp(name + 1, ANALYZER " (deleted)") == 0);
}

static int tell_by_signal(pid_t pid, struct err *err)
{
	if (is_analyzer(pid))
		return err_set(err,
			       "process %d is an analyzer, which SIGHUP would end: it is "
			       "told at the socket of status.listen, without --pid",
			       (int)pid);
	if (kill(pid, SIGHUP) == 0)
		return 0;
	return err_set(err, "process %d: %s", (int)pid,
		       errno == EPERM ? "only its user and root may tell it to reload"
				      : "it is not running");
}

static pid_t find_process(struct str address, struct err *err)
{
	pid_t pid = address.len ? net_listener(address.ptr, TIMEOUT_MS, err)
				: err_set(err, "status.listen is \"\"");

	if (pid <= 0)
		err_prefix(err, "which process is it? Say --pid PID");
	return pid;
}

int tell_to_reload(struct str address, pid_t pid, struct err *err)
{
	enum told told = !pid && address.len ? tell_by_socket(address, err) : ELSEWHERE;

	if (told != ELSEWHERE)
		return told == TOLD ? 0 : -EINVAL;
	if (!pid)
		pid = find_process(address, err);
	return pid > 0 ? tell_by_signal(pid, err) : -EINVAL;
}
