/* SPDX-License-Identifier: Apache-2.0 */
/* usage.h - makes the usage line and --help of a command from the table of its options.
 * Any thread. Texts are appended to a buf, which remembers its own failure.
 */
#ifndef COMMAND_USAGE_H
#define COMMAND_USAGE_H

#include "base/buf.h"
#include "skydive/extension.h"

enum { EXIT_FINE, EXIT_FAILED, EXIT_USAGE };

enum usage_flags {
	USAGE_NEEDED = 1, /* required: no brackets around it */
	USAGE_MANY = 2,	  /* any number of times */
	USAGE_OR = 4,	  /* instead of the option before it */
	USAGE_WITH = 8,	  /* only with the option before it */
	USAGE_ALONE = 16, /* no other options with it */
};

/* An option, or an operand, whose name does not begin with "-". */
struct usage_option {
	const char *name;
	const char *value; /* what follows it; NULL: nothing */
	unsigned flags;
	const char *help; /* one line */
};

struct command {
	const char *name;
	/* NULL: the host's own */
	int (*run)(const struct skydive_host *, int argc, char **argv);
	const char *summary;		/* one line */
	const char *example;		/* of a call, from the name on */
	const char *footnote;		/* NULL: none */
	struct usage_option option[10]; /* in the order of the line; name NULL ends it */
};

/* Options that several commands have. */
#define USAGE_CONFIG                                                                     \
	{                                                                                \
		"-c", "FILE", USAGE_NEEDED, "the configuration"                          \
	}
#define USAGE_CONFIG_OF_IT                                                               \
	{                                                                                \
		"-c", "FILE", 0,                                                         \
			"the configuration of the exporter that runs, for its socket"    \
	}
#define USAGE_ANSWERS                                                                    \
	{                                                                                \
		"--topology", "ANSWERS.json", USAGE_MANY,                                \
			"what the topology would answer"                                 \
	}

#define USAGE_MAX ((size_t)16 * 1024) /* of all usage texts */

/* The ways to call it, separated by `between`, such as " | ". */
void usage_put(struct buf *, const struct command *, const char *between);
/* All of --help. */
void usage_put_help(struct buf *, const struct command *);
/* A line for each command, for a call without one. */
void usage_put_commands(struct buf *, const struct command *const *, size_t count);

/* "skydive-exporter: <text>" and a line feed, to standard error. */
void command_complain(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* Complains about how the command was called; returns EXIT_USAGE. */
int usage_complain(const struct command *);

#endif
