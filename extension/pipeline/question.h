/* SPDX-License-Identifier: Apache-2.0 */
/* question.h - what is asked of the topology: the steps of a Gremlin traversal.
 *
 * A question is a structure, so that whoever keeps a graph can answer it without reading
 * text; for an analyzer it is written as text (question_put()). It begins with all
 * nodes. An argument is a text of the question, or stands for one of the values that it
 * is asked with:
 *
 *	static const struct question by_tid = QUESTION(HAS("TID", 0));
 *
 * The names and their meaning are Skydive's (gremlin/traversal): metadata are named by
 * dotted paths, attributes of a node by @Host, @ID and the like; a list has a value if
 * one of its items has; a node without the key never matches.
 */
#ifndef PIPELINE_QUESTION_H
#define PIPELINE_QUESTION_H

#include "base/buf.h"
#include "base/err.h"

enum question_step_kind {
	STEP_HAS,     /* those whose key passes the test */
	STEP_HAS_KEY, /* those that have the key */
	STEP_IN,      /* their parents */
	STEP_OUT,     /* their children */
	STEP_BOTH,
	STEP_PATH_TO, /* the nodes of the shortest path to one that has the key */
	STEP_DEDUP,
	STEP_VALUES, /* the values of the key; nothing but LIMIT follows */
	STEP_LIMIT,
};

enum test_kind { TEST_IS, TEST_MATCHES /* Regex, anchored */, TEST_WITHIN };

struct operand {
	struct str text;
	int value; /* its number among the values, or -1: the text */
	bool is_number;
};

struct question_step {
	enum question_step_kind kind;
	enum test_kind test;
	bool is_joined; /* HAS: in the parentheses of the step before */
	struct str key;
	const struct operand *operand; /* of the test */
	size_t operands;
	size_t limit;
};

struct question {
	const struct question_step *step;
	size_t steps;
	char quote;	   /* of its text; 0: a double one */
	bool reads_metric; /* who asks it reads node_metric */
};

#define QUESTION_STEPS_MAX    16
#define QUESTION_OPERANDS_MAX 32

/* A question with room for its parts. */
struct question_parsed {
	struct question question;
	struct question_step step[QUESTION_STEPS_MAX];
	struct operand operand[QUESTION_OPERANDS_MAX];
	size_t operands;
};

/* Whether it cannot be a value. */
bool question_has_quote(struct str value);
/* Appends the text. false: a key or a value has a quote in it, and Gremlin knows no
 * escapes. */
bool question_put(struct buf *, const struct question *, const struct str *values);
/* Reads a text; keys and operands point into it. -EINVAL: it has steps, or tests, that
 * are not among those above; see err. Pure. */
int question_parse(struct str text, struct question_parsed *, struct err *);
/* The text of an operand. */
struct str operand_text(const struct operand *, const struct str *values);

/* For constant questions. The last argument of HAS() and others is the number of the
 * value, of those with IS a literal. */
#define QUESTION_TEXT(literal)                                                           \
	{                                                                                \
		literal, sizeof(literal) - 1                                             \
	}
#define QUESTION_OPERAND(...)                                                            \
	.operands = 1, .operand = &(const struct operand)                                \
	{                                                                                \
		__VA_ARGS__                                                              \
	}
#define HAS(name, number)                                                                \
	{                                                                                \
		.kind = STEP_HAS, .key = QUESTION_TEXT(name),                            \
		QUESTION_OPERAND(.value = number)                                        \
	}
#define HAS_MATCH(name, number)                                                          \
	{                                                                                \
		.kind = STEP_HAS, .test = TEST_MATCHES, .key = QUESTION_TEXT(name),      \
		QUESTION_OPERAND(.value = number)                                        \
	}
#define HAS_IS(name, literal)                                                            \
	{                                                                                \
		.kind = STEP_HAS, .key = QUESTION_TEXT(name),                            \
		QUESTION_OPERAND(.text = QUESTION_TEXT(literal), .value = -1)            \
	}
#define AND_IS(name, literal)                                                            \
	{                                                                                \
		.kind = STEP_HAS, .is_joined = true, .key = QUESTION_TEXT(name),         \
		QUESTION_OPERAND(.text = QUESTION_TEXT(literal), .value = -1)            \
	}
#define HAS_KEY(name)                                                                    \
	{                                                                                \
		.kind = STEP_HAS_KEY, .key = QUESTION_TEXT(name)                         \
	}
#define IN()                                                                             \
	{                                                                                \
		.kind = STEP_IN                                                          \
	}
#define OUT()                                                                            \
	{                                                                                \
		.kind = STEP_OUT                                                         \
	}
#define IN_IS(name, literal)  IN(), AND_IS(name, literal)
#define OUT_IS(name, literal) OUT(), AND_IS(name, literal)
#define PATH_TO(name, number)                                                            \
	{                                                                                \
		.kind = STEP_PATH_TO, .key = QUESTION_TEXT(name),                        \
		QUESTION_OPERAND(.value = number)                                        \
	}
#define DEDUP()                                                                          \
	{                                                                                \
		.kind = STEP_DEDUP                                                       \
	}
#define QUESTION(...)                                                                    \
	{                                                                                \
		.step = (const struct question_step[]){ __VA_ARGS__ },                   \
		.steps = sizeof((const struct question_step[]){ __VA_ARGS__ }) /         \
			 sizeof(struct question_step),                                   \
	}

#endif
