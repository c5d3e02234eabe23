/* SPDX-License-Identifier: Apache-2.0 */
/* shape.h - tables that describe C structs.
 *
 * All data that comes in or goes out is a struct with a shape: a flow read from JSON, a
 * stage's options read from YAML, a record written as JSON or CSV. One table serves
 * them all, so adding a field is one line in the struct and one line in its shape.
 *
 * The macros take the kind from the member's C type; a table cannot disagree with its
 * struct. They also build ,"name": at compile time for the reader and the writer of
 * JSON, which compare and copy eight bytes at a time.
 */
#ifndef FORMAT_SHAPE_H
#define FORMAT_SHAPE_H

#include <stdint.h>
#include "base/str.h"

enum field_kind {
	FIELD_KIND_BOOL = 1,
	FIELD_KIND_U16,
	FIELD_KIND_U32,
	FIELD_KIND_I64,
	FIELD_KIND_STR,
	FIELD_KIND_STRS,   /* struct strs: a list of strings */
	FIELD_KIND_MAP,	   /* struct map_of_str: names and strings, in order */
	FIELD_KIND_ENUM,   /* int, spelled by .names */
	FIELD_KIND_OBJECT, /* pointer to a struct of .shape; NULL if absent */
	FIELD_KIND_RAW,	   /* struct raw: JSON text, passed through */
};

enum field_flags {
	FIELD_REQUIRED = 1 << 0,      /* reading: absence is an error */
	FIELD_OMIT_EMPTY = 1 << 1,    /* writing: leave out 0, "", NULL */
	FIELD_SECRET = 1 << 2,	      /* never printed or logged */
	FIELD_DURATION = 1 << 3,      /* I64 of milliseconds: 90, "90s", "5m" */
	FIELD_SIZE = 1 << 4,	      /* I64 of bytes: 65536, "64KiB" */
	FIELD_SECONDS = 1 << 5,	      /* I64 of milliseconds, plain seconds only */
	FIELD_SILENT = 1 << 6,	      /* never written; templates may use it */
	FIELD_OMIT_NEGATIVE = 1 << 7, /* writing: a number below 0 is not known */
	FIELD_PAIRS = 1 << 8,	      /* a map that may be written "a=b; c=d" */
	FIELD_SHORT = 1 << 9,	      /* an enum whose names may be cut: "warn" */
	FIELD_DOTTED = 1 << 10,	      /* a map whose names have dots: a map in it goes on
				       * with the name */
};

/* JSON text as it was received; no value when len is 0. */
struct raw {
	struct str text;
};

struct map_of_str {
	struct str *name;
	struct str *value;
	size_t count;
};

struct field {
	const char *name;   /* a configuration key may contain dots */
	const char *column; /* its name in tables; NULL: the same */
	const char *prefix; /* ,"name": and at least seven NULs */
	size_t prefix_len;
	enum field_kind kind;
	unsigned flags;
	size_t offset;
	const struct shape *shape; /* OBJECT */
	const char *const *names;  /* ENUM; NULL-terminated */
	int64_t min, max;	   /* reading numbers, when max is not 0 */
	const char *help;	   /* one line, for the reference */
};

struct shape {
	const char *name;
	size_t size;
	const struct field *fields; /* ends with a field without a name */
	const void *defaults;	    /* a struct of .size to start from, or NULL */
};

#define FIELD_KIND_OF(lvalue)                                                            \
	_Generic((lvalue), bool                                                          \
		 : FIELD_KIND_BOOL, uint16_t                                             \
		 : FIELD_KIND_U16, uint32_t                                              \
		 : FIELD_KIND_U32, int64_t                                               \
		 : FIELD_KIND_I64, struct str                                            \
		 : FIELD_KIND_STR, struct strs                                           \
		 : FIELD_KIND_STRS, struct map_of_str                                    \
		 : FIELD_KIND_MAP, struct raw                                            \
		 : FIELD_KIND_RAW)

#define FIELD_COMMON(type, member, key, what)                                            \
	.name = key, .prefix = ",\"" key "\":\0\0\0\0\0\0\0",                            \
	.prefix_len = sizeof(",\"" key "\":") - 1, .flags = (what),                      \
	.offset = offsetof(type, member)

/* A member of a record: its key and its flags, 0 for none. */
#define FIELD(type, member, key, what)                                                   \
	{                                                                                \
		.kind = FIELD_KIND_OF(((type *)0)->member),                              \
		FIELD_COMMON(type, member, key, what)                                    \
	}

/* A member of a record that has another name in tables. */
#define FIELD_COLUMN(type, member, key, what, heading)                                   \
	{                                                                                \
		.kind = FIELD_KIND_OF(((type *)0)->member), .column = (heading),         \
		FIELD_COMMON(type, member, key, what)                                    \
	}

#define FIELD_ENUM(type, member, key, what, spelled)                                     \
	{                                                                                \
		.kind = FIELD_KIND_ENUM, .names = (spelled),                             \
		FIELD_COMMON(type, member, key, what)                                    \
	}

#define FIELD_OBJECT(type, member, key, what, of)                                        \
	{                                                                                \
		.kind = FIELD_KIND_OBJECT, .shape = (of),                                \
		FIELD_COMMON(type, member, key, what)                                    \
	}

/* A configuration key: its flags and one line of help. */
#define OPTION(type, member, key, what, text)                                            \
	{                                                                                \
		.kind = FIELD_KIND_OF(((type *)0)->member), .help = (text),              \
		FIELD_COMMON(type, member, key, what)                                    \
	}

/* A number that must lie between lowest and highest, in the member's unit. */
#define OPTION_RANGE(type, member, key, what, lowest, highest, text)                     \
	{                                                                                \
		.kind = FIELD_KIND_OF(((type *)0)->member), .min = (lowest),             \
		.max = (highest), .help = (text), FIELD_COMMON(type, member, key, what)  \
	}

#define OPTION_ENUM(type, member, key, what, spelled, text)                              \
	{                                                                                \
		.kind = FIELD_KIND_ENUM, .names = (spelled), .help = (text),             \
		FIELD_COMMON(type, member, key, what)                                    \
	}

/* Whether it has the zero value of its kind: 0, "", NULL, an empty list. */
static inline bool field_is_empty(const struct field *field, const void *value)
{
	switch (field->kind) {
	case FIELD_KIND_BOOL:
		return !*(const bool *)value;
	case FIELD_KIND_U16:
		return *(const uint16_t *)value == 0;
	case FIELD_KIND_U32:
		return *(const uint32_t *)value == 0;
	case FIELD_KIND_I64:
		return *(const int64_t *)value == 0;
	case FIELD_KIND_STR:
		return ((const struct str *)value)->len == 0;
	case FIELD_KIND_STRS:
		return ((const struct strs *)value)->count == 0;
	case FIELD_KIND_MAP:
		return ((const struct map_of_str *)value)->count == 0;
	case FIELD_KIND_ENUM:
		return *(const int *)value == 0;
	case FIELD_KIND_OBJECT:
		return !*(void *const *)value;
	case FIELD_KIND_RAW:
		return ((const struct raw *)value)->text.len == 0;
	}
	return false;
}

/* The number of fields of a shape. */
size_t shape_count(const struct shape *);
/* Whether every field is one value: no objects, lists, maps or raw JSON. */
bool shape_is_flat(const struct shape *);
/* The field called name (exact), or NULL. */
const struct field *shape_find(const struct shape *, struct str name);

#endif
