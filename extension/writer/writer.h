/* SPDX-License-Identifier: Apache-2.0 */
/* writer.h - the writers: where finished objects go.
 *
 * A writer is a const table and a private state, configured by its shape, as
 * stages are. It gets one object at a time with put(), and says how it went
 * with done(), once, from whatever thread. It knows nothing of retries: the
 * uploader does.
 */
#ifndef WRITER_WRITER_H
#define WRITER_WRITER_H

#include "base/err.h"
#include "base/now.h"
#include "config/config.h"
#include "spool/sealed.h"

struct http;

enum put_result {
	PUT_STORED,  /* the store has it, durably */
	PUT_FAILED,  /* try again later, same key, same bytes */
	PUT_REFUSED, /* this very object never, if others are accepted beside it;
		      * else it failed */
};

#define PUT_ERROR_MAX 640
#define PUT_CAUSE_MAX 160

struct put {
	const struct sealed *object; /* borrowed; until done() */
	int fd;			     /* the sealed file, open for reading */
	void (*done)(struct put *);
	void *context; /* the caller's */

	/* The outcome. */
	enum put_result result;
	char error[PUT_ERROR_MAX]; /* why not, one line, no secrets */
	char cause[PUT_CAUSE_MAX]; /* what of it is the same each time; "": all */
	int64_t retry_after_ms;	   /* the store asked for this pause, or 0 */

	void *private; /* the writer's, while under way */
};

/* How it stands with the token that a writer shows to its store. */
enum token_state {
	TOKEN_UNUSED,  /* it shows none */
	TOKEN_WAITING, /* for the first one */
	TOKEN_FINE,
	TOKEN_ENDING, /* there is one, but no other is to be had */
	TOKEN_FAILED, /* there is none, nor is one to be had */
};

struct writer {
	const char *name;    /* pipeline.write.type */
	const char *section; /* "pipeline.write.s3" */
	const struct shape *state;
	bool blocks;	 /* put() works on the caller's thread */
	bool keeps_keys; /* keys are printed as built, not cleaned */
	bool is_stream;	 /* what comes first stands first: one at a time, in order */
	/* Once configured; http is borrowed for the writer's life. May be NULL. */
	int (*init)(void *self, struct http *, struct err *);
	void (*fini)(void *self); /* may be NULL; no put is under way */
	void (*put)(void *self, struct put *);
	/* Makes a put end soon; may be NULL for writers that block. */
	void (*cancel)(void *self, struct put *);
	/* Appends where an object of that key, cleaned, goes: of two spellings of one
	 * place the same text. Configured, not initialized. NULL: it has no place. */
	void (*put_place)(const void *self, struct str key, struct buf *);
	/* What should be said of values that are right: whether there is something,
	 * with its key. Configured, not initialized. May be NULL. */
	bool (*advise)(const void *values, struct err *);
	/* When ENDING or FAILED it says why. Any thread, never waits; NULL: UNUSED. */
	enum token_state (*token)(void *self, char *why, size_t size);
};

extern const struct writer writer_s3;
extern const struct writer writer_file;
extern const struct writer writer_stdout;

/* Hands over the body of an object part by part, until write says other than 0;
 * returns that, or -errno when the file cannot be read. */
int put_each_part(const struct put *, int (*write)(void *context, struct str part),
		  void *context);

/* NULL: no such writer. */
const struct writer *writer_find(struct str name);
/* All of them, NULL-terminated. */
extern const struct writer *const writer_all[];

#endif
