/* SPDX-License-Identifier: Apache-2.0 */
/* uploader_private.h - an uploader and its objects under way, for its two files. */
#ifndef WRITER_UPLOADER_PRIVATE_H
#define WRITER_UPLOADER_PRIVATE_H

#include <pthread.h>
#include <stdatomic.h>
#include "spool/outgoing.h"
#include "writer/health.h"
#include "writer/pause.h"
#include "writer/refusals.h"
#include "writer/row_numbers.h"
#include "writer/uploader.h"

enum upload_state { UPLOAD_FREE, UPLOAD_SENT, UPLOAD_ENDED };

/* One object under way. */
struct upload {
	struct put put;
	struct outgoing file;
	struct uploader *uploader;
	uint64_t id;
	enum upload_state state;
	int64_t sent_ms; /* monotonic */
	/* Rows that are in bad/, if anybody has asked. */
	struct row_numbers aside;
	bool knows_aside;
};

struct uploader {
	struct task task;
	struct uploader_parts parts;
	pthread_mutex_t lock; /* of the states of uploads */
	pthread_cond_t ended;
	atomic_bool is_stopping;

	/* The task's own. */
	struct health health;
	struct refusals refusals;
	struct pause pause;
	int64_t failed_ms; /* monotonic: when an attempt last failed */
	uint64_t left_id;  /* stored, but its file cannot be removed; 0: none */

	struct upload upload[]; /* parts.most */
};

/* uploader_outcome.c: what becomes of an object whose put has ended. */
void uploader_finish(struct uploader *, struct upload *, struct now);

#endif
