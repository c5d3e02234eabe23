/* SPDX-License-Identifier: Apache-2.0 */
/* json_read.h - reads JSON text directly into structs, by their shapes.
 *
 * No tree is built: a member is found in the table, its value is parsed into the
 * struct, and strings point into the text unless they hold escapes. Go writes members
 * in the order of the table, so a key is usually one comparison; any order works,
 * unknown members are skipped (and checked), null means absent, and the last of
 * repeated keys wins. Keys are case-sensitive.
 *
 * The reader never looks past the end of the text, nests no deeper than
 * JSON_DEPTH_MAX and takes time linear in the text.
 */
#ifndef FORMAT_JSON_READ_H
#define FORMAT_JSON_READ_H

#include "base/arena.h"
#include "format/shape.h"

#define JSON_DEPTH_MAX 64

enum json_error {
	JSON_OK,
	JSON_SYNTAX, /* not JSON: nothing after this can be trusted */
	JSON_DEPTH,  /* nested too deeply: likewise */
	JSON_MEMORY, /* the arena is full: likewise */
	JSON_TYPE,   /* not the type the shape wants */
	JSON_NUMBER, /* not a whole number, or out of range */
	JSON_ENUM,   /* a name that is not in the table */
};

struct json_reader {
	const char *at;
	const char *end;
	struct arena *arena;   /* unescaped strings and nested structs */
	enum json_error error; /* the first; sticky */
};

void json_reader_init(struct json_reader *, struct str text, struct arena *);

/* Reads one object into the zeroed (or defaulted) struct at out. false: see error; the
 * position is where it occurred. */
bool json_read_object(struct json_reader *, const struct shape *, void *out);

/* Skips one value, checking it. raw (may be NULL) gets its text. */
bool json_skip(struct json_reader *, struct str *raw);

/* Whether the rest of the text can be read in spite of the error, by json_skip() from
 * the start of the value. */
bool json_error_is_local(enum json_error);

/* White space. Go writes none, so it costs one comparison. */
void json_skip_some_blanks(struct json_reader *);
static inline void json_skip_blanks(struct json_reader *r)
{
	if (r->at < r->end && (unsigned char)*r->at <= ' ')
		json_skip_some_blanks(r);
}

/* For hand-written loops over arrays and objects: skips white space, and then c if it
 * is there. */
static inline bool json_next(struct json_reader *r, char c)
{
	json_skip_blanks(r);
	if (r->at == r->end || *r->at != c)
		return false;
	r->at++;
	return true;
}

/* Whether only white space is left. */
static inline bool json_at_end(struct json_reader *r)
{
	json_skip_blanks(r);
	return r->at == r->end;
}

bool json_read_string(struct json_reader *, struct str *);
bool json_read_i64(struct json_reader *, int64_t *);
/* Any value, as it is written; bytes in it that are not UTF-8 become U+FFFD, as those
 * of other strings do when they are written. */
bool json_read_raw(struct json_reader *, struct raw *);
bool json_read_null(struct json_reader *); /* skips null, if it is there */

#endif
