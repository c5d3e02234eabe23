/* SPDX-License-Identifier: Apache-2.0 */
/* stage.h - the replaceable parts of a pipeline.
 *
 * A stage is a const table of functions and a private state, configured from
 * its section of the configuration by the shape of the state. To add one:
 * write stage/<kind>_<name>.c and name its table in stage/registry.c. Nothing
 * else changes.
 *
 * One worker at a time runs a pipeline, so a stage needs no locks. It keeps nothing
 * outside of its state. The pipeline counts.
 */
#ifndef PIPELINE_STAGE_H
#define PIPELINE_STAGE_H

#include "base/buf.h"
#include "base/err.h"
#include "base/now.h"
#include "flow/flow.h"
#include "pipeline/object.h"
#include "pipeline/query.h"
#include "pipeline/row_label.h"

/* What a stage may ask the topology, for whoever must know before it asks. */
struct question_list {
	enum peers_by peers_by;
	void (*add)(struct question_list *, const struct question *);
	/* One that is only known as text, of the operator: name is its own. */
	void (*add_text)(struct question_list *, struct str name, struct str text);
};

/* What every kind of stage begins with. */
struct stage {
	const char *name;	   /* its "type:" */
	const char *section;	   /* the section of its keys; NULL: it has none */
	const struct shape *state; /* .size allocates, .fields configure; or NULL */
	/* Once configured. Names the key that is wrong: err_set_key(). May be NULL. */
	int (*init)(void *self, struct err *);
	void (*fini)(void *self); /* may be NULL; also after a failed init */
	/* Adds what it may ask. NULL: it asks nothing. */
	void (*questions)(const void *self, struct question_list *);
};

struct classify {
	struct stage stage;
	/* *bad_address: an address cannot be parsed; the flow is TAG_OTHER. */
	enum tag (*tag)(const void *self, const struct flow *, bool *bad_address);
	/* Updates the state from the topology; asks, but never waits. Returns when to
	 * call it again (monotonic). NULL: it asks nothing. */
	int64_t (*refresh)(void *self, struct queries *, struct now);
	/* The cluster's addresses, as it sees them; borrowed until the next refresh.
	 * NULL: it has none. */
	const struct cidr_set *(*cluster)(const void *self);
};

struct filter {
	struct stage stage;
	bool (*keeps)(const void *self, enum tag);
};

enum verdict {
	KEEP,
	DROP_NO_TRANSPORT, /* the record needs ports */
	DROP_NO_NETWORK,   /* ... and addresses */
	DROP_NO_METRIC,	   /* ... and both metrics */
	EXCLUDE,	   /* the transform is configured to leave it out */
	DROP_NO_TRAFFIC,   /* nothing since the flow's last record */
	DROP_NOT_LOGGED,   /* the format leaves such flows out */
};

/* The records of one tag of one batch, for a stage to edit; a record and its time
 * go together. */
struct records {
	const struct shape *shape;
	void **item;
	int64_t *time_ms; /* of each: when what it reports ended, Unix ms */
	size_t count, room;
	struct arena *arena; /* for records that are added */
	int64_t window_ms;   /* max_age_ms of an object */
};

/* Adds a zeroed record after the others; what it reports ended at time_ms. NULL: no
 * memory. */
void *records_add(struct records *, int64_t time_ms);

struct encode;

struct transform {
	struct stage stage;
	const struct shape *record; /* what make() fills */
	const char *encoder;	    /* its default; NULL: the default of all */
	/* The shape of the records when it depends on the options or the encoder.
	 * Called once, before the first flow; lives as long as self. NULL with a
	 * reason: they do not fit together. May be NULL: .record is used. */
	const struct shape *(*choose)(void *self, const struct encode *, struct err *);
	/* Called once for every flow, in order of arrival, so it may keep state. The
	 * record is zeroed; what it points to must live as long as the flow. */
	enum verdict (*make)(void *self, enum tag, const struct flow *, struct now,
			     void *record);
	/* Called after make() until it returns false: makes another record of the same
	 * flow. NULL: a flow has one record. */
	bool (*more)(void *self, const struct flow *, void *record);
	/* So many flows are known to be lost. May be NULL. */
	void (*lost)(void *self, int64_t flows);
	/* Adds records of the tag that are due without flows, such as one about lost
	 * flows. Called with each commit and when it asked for it. Returns when the
	 * next is due (monotonic). NULL: it has none. */
	int64_t (*tick)(void *self, enum tag, struct records *, struct now);
	/* Completes the record from the topology. It is called again while it returns
	 * PENDING, so its result must depend on the answers alone; it may remember them
	 * in *self. What the record points to may be allocated from the arena of the
	 * queries. NULL: it asks nothing. */
	enum found (*enrich)(void *self, const struct flow *, struct queries *,
			     void *record);
	/* The key of a record that a mangle may have made, as row_key_of(); empty: it
	 * has none. NULL: no mangle takes its records. */
	struct str (*key)(const void *record, enum row_key);
};

struct mangle {
	struct stage stage;
	const struct shape *record; /* it needs these; NULL: any */
	/* May change, remove and add records; NULL: it changes nothing. */
	void (*apply)(void *self, enum tag, struct records *, struct now);
	/* Adds records that are due without flows; the list is empty at first. Returns
	 * when the next is due (monotonic). NULL: it has none. */
	int64_t (*tick)(void *self, enum tag, struct records *, struct now);
};

/* The members that a header puts around the rows, in their order. */
struct header_member {
	struct str name;
	struct str text; /* a JSON string, unless is_number */
	bool is_number, is_rows;
	bool is_metadata; /* also metadata of the object */
	int64_t number;
};

struct header {
	struct stage stage;
	/* Fills members (allocated from the arena) and returns how many: 0 for
	 * no header at all. record is the name of the rows' shape. */
	size_t (*members)(const void *self, struct str record, const struct object *about,
			  struct arena *, struct header_member **members);
	bool is_header; /* rows are one level deeper */
};

struct encode {
	struct stage stage;
	const char *content_type;
	const struct shape *record; /* it needs these; NULL: any */
	bool takes_header;
	bool is_flat; /* writes records without objects and lists only */
	/* Its rows are no text and have no ends, so they need labels: the media type of
	 * what consists of them then, see row_label.h. NULL: its rows are text. */
	const char *labelled_type;
	/* Every row begins with the separator; it is removed from the first row when
	 * the object is made. NULL: none. */
	struct str (*separator)(const void *self, bool has_header);
	/* Appends a row. Returns how many layers of a flow it cannot express. */
	size_t (*row)(const void *self, const struct shape *, const void *record,
		      bool has_header, struct buf *rows);
	/* The text before and after the rows. columns: the names of a flat record's
	 * fields. NULL: none. */
	void (*frame)(const void *self, const struct strs *columns,
		      const struct header_member *, size_t count, struct buf *head,
		      struct buf *end);
};

/* Where compressed bytes go. */
struct byte_sink {
	int (*put)(struct byte_sink *, struct str); /* 0 or -errno */
};

struct compress {
	struct stage stage;
	const char *content_encoding; /* NULL: identity */
	const char *content_type;     /* of an object sent without its Content-Encoding */
	/* One stream: NULL without memory. A start of NULL: bytes unchanged. */
	void *(*start)(const void *self);
	/* Before anything is written: exactly so many bytes come. May be NULL. */
	int (*expect)(void *stream, int64_t bytes);
	/* The room that a stream of which that is expected wants; NULL or 0: none. */
	int64_t (*memory)(int64_t bytes);
	/* That room, of any content. A stream that has none may do it in another way. */
	void (*lend)(void *stream, char *room);
	int (*write)(void *stream, struct str in, struct byte_sink *);
	int (*finish)(void *stream, struct byte_sink *);
	void (*end)(void *stream); /* frees; NULL is fine */
};

/* The stages of one pipeline: tables, and a state for each. The maker of the set owns
 * the states; others borrow them, and may copy the struct. A state is NULL when its
 * stage has none. */
struct stage_set {
	const struct classify *classify;
	void *classify_state;
	const struct filter *filter;
	void *filter_state;
	const struct transform *transform;
	void *transform_state;
	const struct mangle *mangle;
	void *mangle_state;
	const struct header *header;
	void *header_state;
	const struct encode *encode;
	void *encode_state;
	const struct compress *compress;
	void *compress_state;
	const struct shape *record; /* the shape of what is written */
};

/* All that the stages of a pipeline may ask. */
void stage_set_questions(const struct stage_set *, struct question_list *);

#endif
