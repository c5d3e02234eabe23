/* SPDX-License-Identifier: Apache-2.0 */
/* uploader_outcome.c - what becomes of an object whose put has ended: it is stored, waits,
 * or is given up. See uploader.h. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include "spool/stored.h"
#include "writer/uploader_private.h"

#define PLACE_MAX 8192

static void degrade(struct uploader *u, const struct put *put, struct now now)
{
	char why[PUT_ERROR_MAX];

	u->failed_ms = now.mono_ms;
	snprintf(why, sizeof(why), "%s", put->error);
	pause_explain(put->retry_after_ms, now, why, sizeof(why));
	health_failed(&u->health, why, *put->cause ? put->cause : why);
}

/* Others are stored beside it, and it was refused before and after one of them. */
static void give_up(struct uploader *u, const struct upload *upload)
{
	const struct put *put = &upload->put;
	bool is_kept = spool_done(u->parts.dir, upload->id, SPOOL_REFUSED) != 0;

	log_write(u->parts.log, LOG_ERROR,
		  "tenant=%s store=%s key=" STR_FMT " refused, %s/%016" PRIu64 ": %s",
		  spool_dir_name(u->parts.dir), u->parts.writer->name,
		  STR_ARG(put->object->key), is_kept ? "not moved: new" : "moved to bad",
		  upload->id, put->error);
}

static void note_refused(struct uploader *u, const struct upload *upload, struct now now)
{
	struct spool_backlog backlog;
	unsigned failures = u->pause.failures;
	enum refusal refusal;

	spool_backlog(u->parts.dir, &backlog);
	refusal = refusals_note(&u->refusals, upload->id, backlog.objects);
	if (refusal == REFUSAL_FINAL) {
		give_up(u, upload);
		return;
	}
	spool_done(u->parts.dir, upload->id, SPOOL_LATER);
	if (refusal == REFUSAL_NEXT)
		return;
	stats_add(u->parts.stats, STAT_UPLOAD_FAILURES, 1);
	pause_begin(&u->pause, upload->put.retry_after_ms, now);
	if (refusal == REFUSAL_SOON)
		u->pause.failures = failures ? failures : 1;
	degrade(u, &upload->put, now);
}

/* What the store has, for an audit. */
static void note_in_journal(struct uploader *u, const struct upload *upload,
			    struct now now)
{
	const struct sealed *object = &upload->file.object;
	struct buf place = BUF_INIT(PLACE_MAX);

	if (!u->parts.writer->list)
		return;
	u->parts.writer->put_place(u->parts.state, object->dirname, &place);
	spool_note_stored(u->parts.dir, upload->id, buf_str(&place), object->key, now);
	buf_fini(&place);
}

/* What was sent before an attempt failed says nothing of the store since then. */
static void note_stored(struct uploader *u, const struct upload *upload)
{
	refusals_note_stored(&u->refusals);
	if (u->pause.failures && upload->sent_ms <= u->failed_ms)
		return;
	pause_end(&u->pause);
	health_works(&u->health);
}

void uploader_finish(struct uploader *u, struct upload *upload, struct now now)
{
	const struct put *put = &upload->put;
	const struct sealed *object = &upload->file.object;

	switch (put->result) {
	case PUT_STORED:
		log_write(u->parts.log, LOG_DEBUG,
			  "tenant=%s store=%s wrote=" STR_FMT "/" STR_FMT,
			  spool_dir_name(u->parts.dir), u->parts.writer->name,
			  STR_ARG(object->dirname), STR_ARG(object->key));
		note_in_journal(u, upload, now);
		if (spool_done(u->parts.dir, upload->id, SPOOL_STORED) == -EBUSY)
			u->left_id = upload->id;
		note_stored(u, upload);
		if (u->parts.stored)
			u->parts.stored(u->parts.context, object, now);
		break;
	case PUT_REFUSED:
		note_refused(u, upload, now);
		break;
	case PUT_FAILED:
		spool_done(u->parts.dir, upload->id, SPOOL_LATER);
		if (atomic_load(&u->is_stopping))
			break; /* it was canceled by us */
		stats_add(u->parts.stats, STAT_UPLOAD_FAILURES, 1);
		refusals_note_failed(&u->refusals);
		pause_begin(&u->pause, put->retry_after_ms, now);
		degrade(u, put, now);
		break;
	}
	outgoing_close(&upload->file);
}
