/* SPDX-License-Identifier: Apache-2.0 */
/* query.h - questions to the topology, written as if every answer were known.
 *
 *	static const struct question by_tid = QUESTION(HAS("TID", 0));
 *	const struct answer *nodes = query(q, &by_tid, flow->node_tid);
 *
 *	if (!nodes)
 *		return PENDING;
 *
 * NULL means not known yet. The question was noted; all questions of a pass are asked
 * at once, and then the stage is run again. So code that asks is straight-line, never
 * waits, and keeps no state about its questions: it returns PENDING and is called
 * again. Ask all independent questions before returning it.
 *
 * The values become quoted Gremlin strings. Gremlin strings have no escapes: a value with
 * a quote in it would break out, so such a question gets an empty answer, and is counted.
 */
#ifndef PIPELINE_QUERY_H
#define PIPELINE_QUERY_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/cidr.h"
#include "pipeline/answer.h"
#include "pipeline/question.h"

enum found { PENDING = -1, ABSENT, FOUND };

/* For which times an answer of a graph holds, until the graph changes. */
struct span {
	int64_t from_ms, to_ms; /* Unix ms; to_ms is not among them */
};

#define SPAN_ALWAYS                                                                      \
	{                                                                                \
		INT64_MIN, INT64_MAX                                                     \
	}

/* Where answers come from: the topology client, recorded answers, or a test's table. */
struct answers {
	/* NULL: not known yet, but now asked for. Borrowed; until release(). */
	const struct answer *(*find)(struct answers *, struct str text);
	/* The answers found since the last release are no longer used. */
	void (*release)(struct answers *);
	/* The answer of a graph that is at hand, in the arena; at_ms: for that time, Unix
	 * ms, 0: for now. NULL: there is none, or it cannot answer this: ask find(). The
	 * member may be NULL. The span is made shorter, if the answer's is. */
	const struct answer *(*known)(struct answers *, const struct question *,
				      const struct str *values, int64_t at_ms,
				      struct arena *, struct span *);
	/* Rises with each change of that graph; 0: there is none. NULL as known is. */
	uint64_t (*version)(struct answers *);
	/* An answer that find() has found, for whoever compares. May be NULL. */
	void (*heard)(struct answers *, const struct question *, const struct str *values,
		      struct str text, const struct answer *);
	/* Asks again if the answer is from before that time (monotonic); with
	 * only_empty, only if it also has no nodes. NULL: answers do not age. */
	void (*renew)(struct answers *, struct str text, int64_t before_ms,
		      bool only_empty);
};

/* Which question finds who has an address: topology.peers. */
enum peers_by {
	PEERS_BY_ADDRESS, /* by the address and the host where it was seen */
	PEERS_BY_PATH,	  /* by a path in the graph, as the Go exporter asks */
};

struct query_memo;

#define QUERY_LASTS 16

/* One of the last questions with one value. */
struct query_last {
	const struct question *question;
	struct str value;
	const struct answer *answer; /* NULL: there is none */
};

/* One tenant's questions about the present batch. A text is asked for once per batch,
 * however many of its flows need it. */
struct queries {
	struct answers *answers;	     /* borrowed */
	struct query_last last[QUERY_LASTS]; /* answered; by the value's end */
	struct query_memo **memo;	     /* by hash of the text */
	struct arena arena;		     /* of the memo */
	struct buf text;		     /* scratch */
	int64_t now_ms;			     /* of this pass, monotonic */
	int64_t at_ms;	    /* of the flow that is asked about, Unix ms; 0: now */
	bool is_used;	    /* since the last reset */
	size_t pending;	    /* questions of this pass without an answer */
	uint64_t refused;   /* values with a quote, since queries_init() */
	uint64_t ambiguous; /* peers that several nodes matched, likewise */

	struct span span; /* of all answers of a graph at hand, since it was set */

	/* The asker's, set after queries_init(). */
	enum peers_by peers_by;
	const struct cidr_set *cluster; /* its own addresses; borrowed, or NULL */
};

int queries_init(struct queries *, struct answers *);
void queries_fini(struct queries *);
/* Before a pass: nothing is pending. */
void queries_pass(struct queries *, int64_t now_ms);
/* After the batch: forget the answers, and what was copied to the arena. */
void queries_reset(struct queries *);

/* Of the graph at hand; 0: there is none. */
uint64_t queries_version(struct queries *);

/* Asks a whole text, which is copied. The caller has checked the values in it with
 * query_accepts(). */
const struct answer *query_text(struct queries *, struct str text);
/* false, and counted: the value cannot be written as a Gremlin string. */
bool query_accepts(struct queries *, struct str value);

/* The question is constant. */
const struct answer *query_bind(struct queries *, const struct question *,
				const struct str *values, size_t count);
/* Call this before asking, when an answer from before that time is too old; with
 * only_empty, only if it had no nodes: the node may exist by now. */
void query_renew(struct queries *, const struct question *, const struct str *values,
		 int64_t before_ms, bool only_empty);

#define query(q, question, ...)                                                          \
	query_bind((q), (question), (const struct str[]){ __VA_ARGS__ },                 \
		   sizeof((const struct str[]){ __VA_ARGS__ }) / sizeof(struct str))

#endif
