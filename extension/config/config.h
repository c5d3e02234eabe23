/* SPDX-License-Identifier: Apache-2.0 */
/* config.h - layered configuration, read into structs by their shapes.
 *
 * A configuration is a stack of YAML documents; the first one added that has a key
 * wins. Maps merge, lists replace. Keys are found case-insensitively, in nested or
 * dotted form or any mixture; a key without a value counts as not set. The environment
 * takes precedence over layers that say so: pipeline.write.type is
 * SKYDIVE_PIPELINE_WRITE_TYPE; an empty variable counts as not set; only keys of values
 * are looked up (a variable for a parent hides nothing).
 *
 * Maps of names and strings merge across the layers, except that a variable, which is a
 * JSON object, replaces those below it; names from files are in lower case, names from
 * a variable stay as they are.
 *
 * The field that reads a value says what it may be. A value that does not fit is an
 * error with file, line and key, never silently 0. Problems are collected, so one run
 * finds them all.
 */
#ifndef CONFIG_CONFIG_H
#define CONFIG_CONFIG_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "format/shape.h"

/* Sentences for a person, one per line, without duplicates. */
struct problems {
	struct buf text; /* lines, each ended by LF */
	size_t count;
};

#define PROBLEMS_INIT                                                                    \
	{                                                                                \
		.text = BUF_INIT(256 * 1024)                                             \
	}

void problems_add(struct problems *, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
void problems_fini(struct problems *);

struct config;

/* A part of the configuration that a module reads: the keys of the shape's fields are
 * below path; "" is the top. A field named "*" of kind MAP takes all keys. */
struct config_section {
	const char *path; /* "pipeline.store.buffered" */
	const struct shape *shape;
};

struct config *config_new(void); /* NULL: no memory */
void config_free(struct config *);

/* Adds a document below those added before. file and text are copied. With environment,
 * variables take precedence over this layer. 0, or -EINVAL after adding to problems, or
 * -ENOMEM. */
int config_add(struct config *, const char *file, struct str text, bool environment,
	       struct problems *);
/* "NAME=value" strings, NULL-terminated; borrowed for the config's life. */
void config_environment(struct config *, char *const *environ);

/* Fills *out from shape->defaults and the keys below path. Strings are copied to the
 * arena. Every value that does not fit adds a problem; returns how many were added; if
 * any, *out must not be used. */
size_t config_read(const struct config *, const char *path, const struct shape *,
		   void *out, struct arena *, struct problems *);

/* The same, from the top document only, or from all documents below it: for keys whose
 * meaning depends on the file. */
size_t config_read_own(const struct config *, const char *path, const struct shape *,
		       void *out, struct arena *, struct problems *);
size_t config_read_below(const struct config *, const char *path, const struct shape *,
			 void *out, struct arena *, struct problems *);

/* Adds a problem for every key below "below" (and the key itself, if it has a value)
 * that no section knows, with the nearest known key as a suggestion, or one that has
 * the same name but for the first part of its path ("a.limits.x", "limits.x"), and for a
 * value in the place of a section. Keys without a value are ignored: they have no effect. */
void config_check(const struct config *, const char *below, const struct config_section *,
		  size_t count, struct problems *);

/* Where the value of path.key comes from: "exporter.yml:12", the name of an
 * environment variable, or the first layer's file when it is not set. key may
 * end in "[2]" for an item of a list, or be NULL or "". Written to where. */
void config_where(const struct config *, const char *path, const char *key,
		  struct buf *where);
/* Adds "where: path.key: text" for a reason that a reader of path gave. */
void config_problem(const struct config *, const char *path, const struct err *,
		    struct problems *);
/* Makes an err for a reader of path: all reasons, also those of err_also(), become
 * problems. */
struct config_listener {
	const struct config *config;
	const char *path;
	struct problems *problems;
	bool is_second; /* it reads keys a second time: keys that have a problem already
			 * get no other one */
};
struct err config_listen(struct config_listener *);
/* Whether no document has any key. */
bool config_is_empty(const struct config *);
/* Whether a value, a section or a variable sets it. */
bool config_is_set(const struct config *, const char *path);

#endif
