/* SPDX-License-Identifier: Apache-2.0 */
/* kafka_settings.c - the options of the writer kafka as settings of librdkafka. */
#include <errno.h>
#include "writer/kafka_private.h"

#define OURS_MAX       16
#define BROKERS_MAX    (16 * 1024)
#define BROKERS_NAME   "bootstrap.servers"
#define PRODUCERS      16
#define TRANSACTION_MS "60000"

static const char *const codecs[] = { "lz4", "zstd", "none" };

static void add(struct map_of_str *all, const char *name, struct str value)
{
	if (!value.len)
		return;
	all->name[all->count] = str_of(name);
	all->value[all->count++] = value;
}

static struct str join_brokers(const struct strs *brokers, struct arena *arena)
{
	struct buf text = BUF_INIT(BROKERS_MAX);
	struct str joined = { NULL, 0 };
	size_t i;

	for (i = 0; i < brokers->count; i++) {
		if (i)
			buf_putc(&text, ',');
		buf_put(&text, brokers->item[i]);
	}
	if (!buf_error(&text))
		joined = arena_str(arena, buf_str(&text));
	buf_fini(&text);
	return joined;
}

/* Producers of transactions are few, and each is a spool's own: two of one name would
 * end each other's. */
static void add_transactions(struct kafka_writer *w)
{
	struct buf name = BUF_INIT(256);
	uint32_t sum = 2166136261u;
	size_t i;

	for (i = 0; i < w->tenant.len; i++)
		sum = (sum ^ (unsigned char)w->tenant.ptr[i]) * 16777619u;
	buf_printf(&name, "skydive-exporter-" STR_FMT "-%u", STR_ARG(w->spool),
		   sum % PRODUCERS);
	add(&w->all, "transactional.id", arena_str(&w->arena, buf_str(&name)));
	add(&w->all, "transaction.timeout.ms", STR(TRANSACTION_MS));
	add(&w->all, "message.timeout.ms", STR(TRANSACTION_MS));
	buf_fini(&name);
}

static void add_ours(struct kafka_writer *w)
{
	struct map_of_str *all = &w->all;

	add(all, BROKERS_NAME, join_brokers(&w->brokers, &w->arena));
	add(all, "compression.codec", str_of(codecs[w->compression]));
	if (w->delivery == KAFKA_EXACTLY_ONCE)
		add_transactions(w);
	kafka_security_put(&w->security, arena_str(&w->arena, secret_value(&w->secret)),
			   all);
}

int kafka_writer_settings(struct kafka_writer *w, struct err *err)
{
	size_t room = (OURS_MAX + w->settings.count) * sizeof(struct str), i;

	w->all = (struct map_of_str){
		.name = arena_alloc(&w->arena, room),
		.value = arena_alloc(&w->arena, room),
	};
	if (arena_error(&w->arena))
		return err_set(err, "out of memory");
	add_ours(w);
	for (i = 0; i < w->settings.count; i++) {
		w->all.name[w->all.count] = w->settings.name[i];
		w->all.value[w->all.count++] = w->settings.value[i];
	}
	if (arena_error(&w->arena) || !w->all.value[0].len)
		return err_set_key(err, "brokers", "they are too long");
	return 0;
}
