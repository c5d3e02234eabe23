/* SPDX-License-Identifier: Apache-2.0 */
/* health.c - see health.h. */
#include <stdio.h>
#include "sys/clock.h"
#include "sys/log.h"
#include "writer/health.h"

void health_init(struct health *h, const char *tenant, const char *store, struct log *log)
{
	*h = (struct health){ .tenant = tenant, .store = store, .log = log };
	pthread_mutex_init(&h->lock, NULL);
}

void health_fini(struct health *h)
{
	pthread_mutex_destroy(&h->lock);
}

/* Whether that is a change. */
static bool health_set(struct health *h, bool is_degraded, const char *why)
{
	bool is_change;

	pthread_mutex_lock(&h->lock);
	is_change = is_degraded != (h->since_ms != 0);
	if (is_change)
		h->since_ms = is_degraded ? clock_now().wall_ms : 0;
	snprintf(h->error, sizeof(h->error), "%s", why);
	pthread_mutex_unlock(&h->lock);
	if (is_change)
		log_once_clear(&h->said);
	return is_change;
}

static void log_works(const struct health *h)
{
	log_write(h->log, LOG_INFO, "tenant=%s store=%s state=ok", h->tenant, h->store);
}

void health_failed(struct health *h, const char *why, const char *cause)
{
	health_set(h, true, why);
	if (log_once_is_new(&h->said, cause))
		log_write(h->log, LOG_WARNING,
			  "tenant=%s store=%s state=degraded "
			  "error=\"%s\" objects are kept and tried again",
			  h->tenant, h->store, LOG_QUOTED(why));
}

void health_works(struct health *h)
{
	if (health_set(h, false, ""))
		log_works(h);
}

void health_warn(struct health *h, const char *why)
{
	bool is_change;

	pthread_mutex_lock(&h->lock);
	is_change = !h->since_ms && (*why != '\0') != (*h->warning != '\0');
	snprintf(h->warning, sizeof(h->warning), "%s", why);
	pthread_mutex_unlock(&h->lock);
	if (is_change && *why)
		log_write(h->log, LOG_WARNING,
			  "tenant=%s store=%s state=ok warning=\"%s\"", h->tenant,
			  h->store, LOG_QUOTED(why));
	else if (is_change)
		log_works(h);
}

int64_t health_get(struct health *h, char error[PUT_ERROR_MAX])
{
	int64_t since_ms;

	pthread_mutex_lock(&h->lock);
	since_ms = h->since_ms;
	memcpy(error, since_ms ? h->error : h->warning, PUT_ERROR_MAX);
	pthread_mutex_unlock(&h->lock);
	return since_ms;
}
