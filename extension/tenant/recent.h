/* SPDX-License-Identifier: Apache-2.0 */
/* recent.h - the last objects of a pipeline that were stored, for who wants to look one
 * up. Any thread.
 */
#ifndef TENANT_RECENT_H
#define TENANT_RECENT_H

#include <pthread.h>
#include "base/now.h"
#include "spool/sealed.h"

#define RECENT_OBJECTS 10

struct recent_object {
	char *place; /* directory or bucket, "/", key */
	int64_t records, bytes;
	int64_t stored_ms; /* Unix */
};

struct recent {
	pthread_mutex_t lock;
	struct recent_object object[RECENT_OBJECTS]; /* a ring */
	size_t count;				     /* since the start */
	int64_t stored_ms;			     /* the last one; 0: none */
};

void recent_init(struct recent *);
void recent_fini(struct recent *);
/* Copies what it keeps; without memory the object has no place. */
void recent_note(struct recent *, const struct sealed *, struct now);
int64_t recent_stored_ms(struct recent *);
/* Calls visit for each, the newest first, with the lock held. */
void recent_each(struct recent *,
		 void (*visit)(void *context, const struct recent_object *),
		 void *context);

#endif
