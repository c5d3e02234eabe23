/* SPDX-License-Identifier: Apache-2.0 */
/* kafka.c - the clusters in use: opened, shared, closed. See kafka.h. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include "net/kafka_private.h"
#include "sys/clock.h"
#include "sys/thread.h"

#define SETTINGS_MAX (256 * 1024)

struct kafka *kafka_new(struct log *log)
{
	struct kafka *k = calloc(1, sizeof(*k));

	if (!k)
		return NULL;
	k->log = log;
	pthread_mutex_init(&k->lock, NULL);
	pthread_cond_init(&k->has_ended, NULL);
	return k;
}

static void cluster_free(struct kafka_cluster *c)
{
	size_t i;

	for (i = 0; i < c->settings.count; i++)
		explicit_bzero((char *)(uintptr_t)c->settings.value[i].ptr,
			       c->settings.value[i].len);
	if (c->identity.ptr)
		explicit_bzero(c->identity.ptr, c->identity.cap);
	buf_fini(&c->identity);
	arena_fini(&c->arena);
	kafka_library_close(&c->library);
	if (c->events >= 0)
		close(c->events);
	kafka_words_fini(&c->words);
	secret_close(&c->token);
	pthread_mutex_destroy(&c->lock);
	free(c);
}

/* Until none is left that could end: what it may still send is given up. */
static void end_all(struct kafka *k)
{
	struct kafka_cluster *c;

	pthread_mutex_lock(&k->lock);
	k->is_ending = true;
	for (c = k->clusters; c; c = c->next)
		kafka_wake(c);
	while (k->clusters)
		pthread_cond_wait(&k->has_ended, &k->lock);
	pthread_mutex_unlock(&k->lock);
}

static void join_ended(struct kafka *k)
{
	struct kafka_cluster *c, *ended;

	pthread_mutex_lock(&k->lock);
	ended = k->ended;
	k->ended = NULL;
	pthread_mutex_unlock(&k->lock);
	while ((c = ended)) {
		ended = c->next;
		pthread_join(c->thread, NULL);
		cluster_free(c);
	}
}

void kafka_free(struct kafka *k)
{
	if (!k)
		return;
	end_all(k);
	join_ended(k);
	kafka_progress_free_left(k);
	pthread_cond_destroy(&k->has_ended);
	pthread_mutex_destroy(&k->lock);
	free(k);
}

/* Lengths in front: no value can look like two. */
static void put_identity(const struct map_of_str *settings, uint64_t stamp, struct buf *b)
{
	size_t i;

	buf_printf(b, "%llx;", (unsigned long long)stamp);
	for (i = 0; i < settings->count; i++)
		buf_printf(b, "%zu:" STR_FMT "=%zu:" STR_FMT ";", settings->name[i].len,
			   STR_ARG(settings->name[i]), settings->value[i].len,
			   STR_ARG(settings->value[i]));
}

static int copy_settings(struct kafka_cluster *c, const struct map_of_str *settings)
{
	size_t size = settings->count * sizeof(struct str), i;

	c->settings = (struct map_of_str){
		.name = arena_alloc(&c->arena, size ? size : 1),
		.value = arena_alloc(&c->arena, size ? size : 1),
	};
	if (arena_error(&c->arena))
		return arena_error(&c->arena);
	for (i = 0; i < settings->count; i++) {
		c->settings.name[i] = arena_str(&c->arena, settings->name[i]);
		c->settings.value[i] = arena_str(&c->arena, settings->value[i]);
		if (str_is(settings->name[i], "transactional.id"))
			c->is_transactional = true;
	}
	c->settings.count = settings->count;
	return arena_error(&c->arena);
}

static int cluster_begin(struct kafka_cluster *c, const struct map_of_str *settings,
			 struct err *err)
{
	rd_kafka_conf_t *conf;
	int error;

	if (kafka_library_open(&c->library, err) < 0)
		return -EINVAL;
	conf = kafka_conf_new(&c->library, settings, err);
	if (!conf)
		return -EINVAL;
	c->library.conf_destroy(conf);
	error = buf_error(&c->identity);
	if (!error)
		error = copy_settings(c, settings);
	c->events = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (!error && c->events < 0)
		error = -errno;
	if (!error)
		error = thread_start(&c->thread, "kafka", kafka_run, c);
	return error ? err_set(err, "%s", strerror(-error)) : 0;
}

static struct kafka_cluster *cluster_new(struct kafka *k,
					 const struct map_of_str *settings,
					 struct str identity, struct err *err)
{
	struct kafka_cluster *c = calloc(1, sizeof(*c));

	if (!c) {
		err_set(err, "out of memory");
		return NULL;
	}
	c->kafka = k;
	c->events = -1;
	c->has_room = true;
	c->identity = (struct buf)BUF_INIT(SETTINGS_MAX);
	buf_put(&c->identity, identity);
	c->arena = (struct arena)ARENA_INIT(SETTINGS_MAX);
	kafka_words_init(&c->words);
	pthread_mutex_init(&c->lock, NULL);
	if (cluster_begin(c, settings, err) == 0)
		return c;
	cluster_free(c);
	return NULL;
}

/* The lock is held. */
static struct kafka_cluster *find_cluster(struct kafka *k, struct str identity)
{
	struct kafka_cluster *c;

	for (c = k->clusters; c; c = c->next)
		if (str_equal(buf_str(&c->identity), identity))
			return c;
	return NULL;
}

struct kafka_cluster *kafka_open(struct kafka *k, const struct map_of_str *settings,
				 uint64_t stamp, struct err *err)
{
	struct buf identity = BUF_INIT(SETTINGS_MAX);
	struct kafka_cluster *c;

	join_ended(k);
	put_identity(settings, stamp, &identity);
	pthread_mutex_lock(&k->lock);
	c = find_cluster(k, buf_str(&identity));
	if (!c) {
		c = cluster_new(k, settings, buf_str(&identity), err);
		if (c)
			c->next = k->clusters;
		k->clusters = c ? c : k->clusters;
	}
	if (c)
		c->refs++;
	pthread_mutex_unlock(&k->lock);
	if (identity.ptr)
		explicit_bzero(identity.ptr, identity.cap);
	buf_fini(&identity);
	return c;
}

void kafka_close(struct kafka_cluster *c)
{
	struct kafka *k = c ? c->kafka : NULL;

	if (!c)
		return;
	pthread_mutex_lock(&k->lock);
	c->refs--;
	c->wanted_ms = clock_now().mono_ms;
	/* After the lock is released it may be gone. */
	if (!c->refs)
		kafka_wake(c);
	pthread_mutex_unlock(&k->lock);
	join_ended(k);
}
