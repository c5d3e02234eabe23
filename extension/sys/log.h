/* SPDX-License-Identifier: Apache-2.0 */
/* log.h - the log: lines to the host, without waiting.
 *
 * A line goes into a bounded ring; a thread of its own hands it to the host. When the
 * host is slow and the ring is full, lines are dropped and their number is logged
 * later, so a stuck terminal stops nothing. A repeated line is logged once, then with a
 * count.
 *
 * Lines are made of key=value pairs, the tenant first. They have no secrets, and
 * contents of flows at level debug only. Levels: error, somebody must act; warning,
 * data is lost or a service degraded; info, life cycle; debug.
 *
 * Logging belongs to the shell: the core counts, and returns reasons.
 */
#ifndef SYS_LOG_H
#define SYS_LOG_H

#include "base/err.h"
#include "skydive/extension.h"
#include "sys/log_output.h"

struct log;

enum log_level {
	LOG_ERROR = SKYDIVE_LOG_ERROR,
	LOG_WARNING = SKYDIVE_LOG_WARNING,
	LOG_INFO = SKYDIVE_LOG_INFO,
	LOG_DEBUG = SKYDIVE_LOG_DEBUG
};

/* Lines above the level are not written. NULL: see err. */
struct log *log_new(const struct skydive_host *, enum log_level, struct err *);
/* Hands over what is left, then ends the thread. */
void log_free(struct log *);

void log_set_level(struct log *, enum log_level);
/* Takes the outputs, which then replace the host's function and set the level. Once,
 * before other threads log. */
void log_set_outputs(struct log *, struct log_outputs *);

/* A text that may have quotes in it, escaped for a quoted value. LOG_QUOTED(text) lives
 * as long as the enclosing block. */
struct log_quoted {
	char text[1024];
};
const char *log_quote(struct log_quoted *, const char *text);
#define LOG_QUOTED(words) log_quote(&(struct log_quoted){ .text = "" }, words)

/* Any thread; a NULL log is silent. */
void log_write(struct log *, enum log_level, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

#endif
