/* SPDX-License-Identifier: Apache-2.0 */
/* shadow.c - whether the mirror would have answered as the analyzer did. See
 * topology.mode: shadow.
 */
#include "sys/clock.h"
#include "topology/topology_private.h"

#define FRESH_MS  5000 /* an older answer of the analyzer proves nothing */
#define SAY_MS	  60000
#define ARENA_MAX ((size_t)4 << 20)

static bool strs_agree(const struct strs *a, const struct strs *b)
{
	size_t i;

	for (i = 0; i < a->count && i < b->count; i++)
		if (!str_equal(a->item[i], b->item[i]))
			return false;
	return a->count == b->count;
}

/* What names a node; counters of its interface are older in one of both. */
static bool nodes_agree(const struct node *a, const struct node *b)
{
	const struct field *field;

	for (field = node_shape.fields; field->name; field++) {
		const void *x = (const char *)a + field->offset;
		const void *y = (const char *)b + field->offset;

		if (field->kind == FIELD_KIND_STR &&
		    !str_equal(*(const struct str *)x, *(const struct str *)y))
			return false;
		if (field->kind == FIELD_KIND_STRS && !strs_agree(x, y))
			return false;
	}
	return true;
}

static size_t count_like(const struct answer *in, const struct node *node)
{
	size_t i, count = 0;

	for (i = 0; i < in->count; i++)
		count += nodes_agree(&in->node[i], node);
	return count;
}

/* In whatever order. */
static bool answers_agree(const struct answer *a, const struct answer *b)
{
	size_t i;

	if (a->count != b->count || !str_equal(a->value, b->value))
		return false;
	for (i = 0; i < a->count; i++)
		if (count_like(a, &a->node[i]) != count_like(b, &a->node[i]))
			return false;
	return true;
}

static void put_answer(struct buf *b, const struct answer *a)
{
	size_t i;

	if (a->value.ptr)
		buf_put(b, a->value);
	for (i = 0; i < a->count && i < 4; i++)
		buf_printf(b, "%s" STR_FMT " " STR_FMT " on " STR_FMT, i ? ", " : "",
			   STR_ARG(a->node[i].type), STR_ARG(a->node[i].name),
			   STR_ARG(a->node[i].host));
	if (a->count > 4)
		buf_printf(b, " and %zu more", a->count - 4);
	if (!a->count && !a->value.ptr)
		buf_puts(b, "nothing");
}

static void say_difference(struct topology *t, struct str text,
			   const struct answer *analyzer, const struct answer *mirror)
{
	struct buf words = BUF_INIT(4096);

	put_answer(&words, analyzer);
	buf_puts(&words, "; the mirror: ");
	put_answer(&words, mirror);
	log_write(t->log, LOG_WARNING,
		  "mirror=differs question=\"%s\" the analyzer: \"%s\"",
		  LOG_QUOTED(text.ptr), LOG_QUOTED(buf_str(&words).ptr));
	buf_fini(&words);
}

static bool may_say(struct topology *t, int64_t now_ms)
{
	bool may;

	pthread_mutex_lock(&t->lock);
	may = t->log && now_ms >= t->differs_at_ms;
	if (may)
		t->differs_at_ms = now_ms + SAY_MS;
	pthread_mutex_unlock(&t->lock);
	return may;
}

/* What came from an analyzer, or a file, and not too long ago; NULL: heard did not. */
static const struct shared_answer *find_shared(const struct asker *asker,
					       const struct answer *heard)
{
	size_t i;

	for (i = asker->held_count; i > 0; i--)
		if (&asker->held[i - 1]->answer == heard)
			return asker->held[i - 1];
	return NULL;
}

void asker_heard(struct answers *answers, const struct question *question,
		 const struct str *values, struct str text, const struct answer *heard)
{
	const struct asker *asker = (struct asker *)answers;
	struct topology *t = asker->topology;
	const struct shared_answer *shared = find_shared(asker, heard);
	struct arena arena = ARENA_INIT(ARENA_MAX);
	int64_t now_ms = clock_now().mono_ms;
	struct graph_span ignored = { 0, 0 };
	const struct answer *mirror;

	if (!shared || heard->is_unknown ||
	    (t->http && now_ms - shared->since_ms > FRESH_MS))
		return;
	mirror = mirror_answer(t->mirror, question, values, 0, &arena, &ignored);
	if (mirror && !answers_agree(heard, mirror)) {
		atomic_fetch_add(&t->mismatches, 1);
		if (!t->http || may_say(t, now_ms))
			say_difference(t, text, heard, mirror);
	}
	arena_fini(&arena);
}
