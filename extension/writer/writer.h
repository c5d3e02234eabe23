/* SPDX-License-Identifier: Apache-2.0 */
/* writer.h - the writers: where finished objects go.
 *
 * A writer is a const table and a private state, configured by its shape, as stages
 * are. It gets one object at a time with put(), and reports the outcome with done(),
 * once, on any thread. It does not retry: the uploader does.
 */
#ifndef WRITER_WRITER_H
#define WRITER_WRITER_H

#include "base/err.h"
#include "base/now.h"
#include "config/config.h"
#include "pipeline/row_label.h"
#include "spool/sealed.h"

struct encode;
struct http;
struct kafka;

/* What the program has for writers. What it points to is borrowed for a writer's life. */
struct writer_around {
	struct http *http;
	struct kafka *kafka;
	const char *tenant; /* its name */
	const char *spool;  /* see spool_identity() */
};

enum put_result {
	PUT_STORED,  /* the store has it, durably */
	PUT_FAILED,  /* try again later, same key, same bytes */
	PUT_REFUSED, /* this object will never be taken, if others are; else as
		      * PUT_FAILED */
};

#define PUT_ERROR_MAX 640
#define PUT_CAUSE_MAX 160

struct put {
	const struct sealed *object; /* borrowed; until done() */
	int fd;			     /* the sealed file, open for reading */
	void (*done)(struct put *);
	/* Before done(), for a row that will never be taken, though the others are: its
	 * text with its label, and its number. It becomes an object of its own in bad/.
	 * 0 or -errno. Any thread. */
	int (*aside)(struct put *, struct str row, int64_t number);
	void *context; /* the caller's */

	/* The outcome. */
	enum put_result result;
	char error[PUT_ERROR_MAX]; /* why not, one line, no secrets */
	char cause[PUT_CAUSE_MAX]; /* the part of it that is the same each time; "":
				    * all */
	int64_t retry_after_ms;	   /* the store asked for this pause, or 0 */

	void *private; /* the writer's, while under way */
};

/* The state of the token that a writer sends to its store. */
enum token_state {
	TOKEN_UNUSED,  /* it uses none */
	TOKEN_WAITING, /* for the first one */
	TOKEN_FINE,
	TOKEN_ENDING, /* there is one, but it cannot be renewed */
	TOKEN_FAILED, /* there is none, and requests for one fail */
};

/* An object that the store has. */
struct listed {
	struct str key;
	int64_t bytes; /* of its body */
};

/* What is to be listed; see gets each object, and ends it with other than 0. */
struct listing {
	struct str dirname; /* bucket or directory */
	struct str prefix;  /* of keys, cleaned */
	int (*see)(void *context, const struct listed *);
	void *context;
};

struct writer {
	const char *name;    /* pipeline.write.type */
	const char *section; /* "pipeline.write.s3" */
	const struct shape *state;
	bool blocks;	 /* put() works on the caller's thread */
	bool keeps_keys; /* keys are printed as built, not cleaned */
	bool is_stream;	 /* objects are written one at a time, in order */
	/* Once configured. Without the program everything is looked at and nothing is
	 * begun. May be NULL. */
	int (*init)(void *self, const struct writer_around *, struct err *);
	void (*fini)(void *self); /* may be NULL; no put is under way */
	void (*put)(void *self, struct put *);
	/* Makes a put end soon; may be NULL for writers that block. */
	void (*cancel)(void *self, struct put *);
	/* Appends where an object of that key, cleaned, goes, as a canonical text:
	 * equal for equal places. Configured, not initialized. NULL: it has no
	 * place. */
	void (*put_place)(const void *self, struct str key, struct buf *);
	/* Lists what the store has, in any order; for commands: it blocks. 0, what see
	 * returned, or -EINVAL with the reason. NULL: it keeps nothing. */
	int (*list)(void *self, const struct listing *, struct err *);
	/* What should be said of values that are right, where its records are flows or
	 * something else: whether there is something, with its key. Configured, not
	 * initialized. May be NULL. */
	bool (*advise)(const void *values, bool are_flows, struct err *);
	/* The labels that it wants rows to have: see row_label.h. NULL: none. Configured,
	 * not initialized. */
	struct row_labels (*labels)(const void *values);
	/* What its rows must be encoded with; as labels. NULL: anything. */
	const struct encode *(*encode)(const void *values);
	/* Asks whether it may write, without writing; blocks. 0, and something to be said,
	 * or -EINVAL with the reason. NULL: an empty object is put, and removed. */
	int (*probe)(void *self, struct buf *remark, struct err *);
	/* Whether puts wait for the store, and why. Called now and then while some are
	 * under way, never beside put(); never waits. NULL: a put that waits for long
	 * fails. */
	bool (*trouble)(void *self, char *why, size_t size);
	/* Writes why when it is ENDING or FAILED. Any thread, never waits; NULL:
	 * UNUSED. */
	enum token_state (*token)(void *self, char *why, size_t size);
};

extern const struct writer writer_s3;
extern const struct writer writer_file;
extern const struct writer writer_kafka;
extern const struct writer writer_stdout;

/* Reads the body of an object part by part, until write returns non-zero; returns that,
 * or -errno when the file cannot be read. */
int put_each_part(const struct put *, int (*write)(void *context, struct str part),
		  void *context);

/* NULL: no such writer. */
const struct writer *writer_find(struct str name);
/* All of them, NULL-terminated. */
extern const struct writer *const writer_all[];

#endif
