/* SPDX-License-Identifier: Apache-2.0 */
/* outage.c - see outage.h. */
#include <stdio.h>
#include <string.h>
#include "source/outage.h"

void outage_init(struct outage *o)
{
	memset(o, 0, sizeof(*o));
	pthread_mutex_init(&o->lock, NULL);
}

void outage_fini(struct outage *o)
{
	pthread_mutex_destroy(&o->lock);
}

void outage_begin(struct outage *o, int64_t since_ms, const char *why)
{
	pthread_mutex_lock(&o->lock);
	o->since_ms = since_ms;
	snprintf(o->why, sizeof(o->why), "%s", why);
	pthread_mutex_unlock(&o->lock);
}

void outage_explain(struct outage *o, const char *why)
{
	pthread_mutex_lock(&o->lock);
	snprintf(o->why, sizeof(o->why), "%s", why);
	pthread_mutex_unlock(&o->lock);
}

int64_t outage_read(struct outage *o, char why[OUTAGE_WHY_MAX])
{
	int64_t since_ms;

	pthread_mutex_lock(&o->lock);
	since_ms = o->since_ms;
	memcpy(why, o->why, OUTAGE_WHY_MAX);
	pthread_mutex_unlock(&o->lock);
	return since_ms;
}
