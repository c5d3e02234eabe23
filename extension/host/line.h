/* SPDX-License-Identifier: Apache-2.0 */
/* line.h - writes lines to standard error, which may be a terminal, a file, a pipe that
 * nobody reads, or the journal.
 *
 * Writing waits for a bounded time: if standard error is stuck lines are lost.
 */
#ifndef HOST_LINE_H
#define HOST_LINE_H

#include <stdbool.h>

#define LINE_TIME_SIZE 32

/* false: it was lost. */
bool line_write(int wait_ms, const char *time, const char *prefix, const char *line);

/* Whether standard error is the journal, which knows the time of each line
 * (systemd.exec(5), JOURNAL_STREAM). */
bool line_goes_to_journal(void);
/* "2026-01-02T03:04:05Z", UTC. */
const char *line_time(char text[LINE_TIME_SIZE]);

#endif
