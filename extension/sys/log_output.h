/* SPDX-License-Identifier: Apache-2.0 */
/* log_output.h - the log's outputs: Skydive's keys logging.*.
 *
 * Backends: stderr (the host's log), stdout, file, syslog; several may be used
 * at once, each with its own level and encoder. Unlike Skydive we append to
 * the file: it may be the analyzer's own.
 */
#ifndef SYS_LOG_OUTPUT_H
#define SYS_LOG_OUTPUT_H

#include "base/err.h"
#include "format/shape.h"
#include "skydive/extension.h"

struct logging_backend {
	int level;   /* as logging_options.level; -1: the same as there */
	int encoder; /* likewise */
};

/* Keys of section "logging". */
struct logging_options {
	struct strs backends; /* empty: stderr */
	int level;	      /* CRITICAL ERROR WARNING NOTICE INFO DEBUG */
	int encoder;	      /* console json */
	bool color;	      /* accepted, but has no effect */
	struct str id;
	struct logging_backend of_stderr, of_stdout, of_file, of_syslog;
	struct str file_path, syslog_protocol, syslog_address, syslog_tag;
};

extern const struct shape logging_shape;

struct log_outputs;

/* Opens the backends. NULL: see err, with the key that is wrong. The host is copied. */
struct log_outputs *log_outputs_new(const struct logging_options *,
				    const struct skydive_host *, struct err *);
void log_outputs_free(struct log_outputs *);
/* Whether there are such backends, and syslog can be reached that way; nothing is
 * opened. 0, or -EINVAL with the key. */
int log_outputs_check(const struct logging_options *, struct err *);

/* The most verbose level of all. */
enum skydive_log_level log_outputs_level(const struct log_outputs *);
/* One thread at a time. */
void log_outputs_write(struct log_outputs *, enum skydive_log_level, const char *text);

#endif
