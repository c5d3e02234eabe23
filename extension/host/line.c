/* SPDX-License-Identifier: Apache-2.0 */
/* line.c - see line.h. */
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include "host/line.h"

/* Up to PIPE_BUF bytes are written at once or not at all. */
bool line_write(int wait_ms, const char *time, const char *prefix, const char *line)
{
	struct pollfd out = { .fd = STDERR_FILENO, .events = POLLOUT };
	char text[PIPE_BUF];
	int n = snprintf(text, sizeof(text), "%s%s%s%s\n", time, *time ? " " : "", prefix,
			 line);

	if (n < 0)
		return false;
	if ((size_t)n >= sizeof(text)) {
		n = sizeof(text) - 1;
		text[n - 1] = '\n';
	}
	return poll(&out, 1, wait_ms) == 1 && write(out.fd, text, (size_t)n) == n;
}

bool line_goes_to_journal(void)
{
	const char *stream = getenv("JOURNAL_STREAM");
	unsigned long device, inode;
	struct stat about;

	return stream && sscanf(stream, "%lu:%lu", &device, &inode) == 2 &&
	       fstat(STDERR_FILENO, &about) == 0 && about.st_dev == device &&
	       about.st_ino == inode;
}

const char *line_time(char text[LINE_TIME_SIZE])
{
	time_t now = time(NULL);
	struct tm parts;

	if (!gmtime_r(&now, &parts) ||
	    !strftime(text, LINE_TIME_SIZE, "%Y-%m-%dT%H:%M:%SZ", &parts))
		text[0] = '\0';
	return text;
}
