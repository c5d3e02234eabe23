/* SPDX-License-Identifier: Apache-2.0 */
/* reload_report.c - see reload_report.h. */
#include <inttypes.h>
#include "exporter/reload_report.h"
#include "format/json_write.h"

#define TEXT_MAX ((size_t)1 << 20)

void reload_report_init(struct reload_report *r)
{
	*r = (struct reload_report){
		.generation = 1,
		.changes = BUF_INIT(TEXT_MAX),
		.refused = BUF_INIT(TEXT_MAX),
	};
	pthread_mutex_init(&r->lock, NULL);
}

void reload_report_fini(struct reload_report *r)
{
	buf_fini(&r->changes);
	buf_fini(&r->refused);
	pthread_mutex_destroy(&r->lock);
}

void reload_report_begin(struct reload_report *r)
{
	pthread_mutex_lock(&r->lock);
	r->begun++;
	pthread_mutex_unlock(&r->lock);
}

/* A text that is too long is cut. */
static void report_copy(struct buf *to, struct str from)
{
	buf_reset(to);
	buf_put(to,
		(struct str){ from.ptr, from.len < TEXT_MAX ? from.len : TEXT_MAX - 1 });
}

void reload_report_end(struct reload_report *r, unsigned generation, struct str changes,
		       struct str refused)
{
	pthread_mutex_lock(&r->lock);
	r->ended = r->begun;
	r->generation = generation;
	report_copy(&r->changes, changes);
	report_copy(&r->refused, refused);
	pthread_mutex_unlock(&r->lock);
}

void reload_report_put_json(struct reload_report *r, struct buf *b)
{
	pthread_mutex_lock(&r->lock);
	buf_printf(b, "{\"begun\":%" PRId64 ",\"ended\":%" PRId64 ",\"generation\":%u",
		   r->begun, r->ended, r->generation);
	buf_puts(b, ",\"changes\":");
	json_put_string(b, buf_str(&r->changes));
	buf_puts(b, ",\"refused\":");
	json_put_string(b, buf_str(&r->refused));
	buf_puts(b, "}\n");
	pthread_mutex_unlock(&r->lock);
}
