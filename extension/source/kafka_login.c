/* SPDX-License-Identifier: Apache-2.0 */
/* kafka_login.c - what a consumer is made with: the brokers, how to log in there, and an
 * operator's own settings. Files are read for every consumer, because librdkafka keeps
 * passwords and certificates for its life. */
#include <errno.h>
#include "source/kafka_private.h"
#include "sys/clock.h"

int kafka_source_settings(struct map_of_str *all, const struct kafka_source_options *o,
			  struct str brokers, struct str password, struct arena *arena,
			  struct err *err)
{
	size_t room = (1 + KAFKA_SECURITY_SETTINGS + o->settings.count) *
		      sizeof(struct str);
	size_t i;

	*all = (struct map_of_str){
		.name = arena_alloc(arena, room),
		.value = arena_alloc(arena, room),
	};
	if (arena_error(arena))
		return err_set(err, "out of memory");
	all->name[0] = STR("bootstrap.servers");
	all->value[0] = brokers;
	all->count = 1;
	kafka_security_put(&o->security, arena_str(arena, password), all);
	for (i = 0; i < o->settings.count; i++) {
		all->name[all->count] = o->settings.name[i];
		all->value[all->count++] = o->settings.value[i];
	}
	return arena_error(arena) ? err_set(err, "out of memory") : 0;
}

/* A token's text is not a setting, but who logs in with one wants to know of the next. */
static int read_secret(struct kafka_source *k, const struct kafka_security *s,
		       struct err *err)
{
	bool has_token = s->mechanism == KAFKA_OAUTHBEARER;
	int error;

	secret_close(&k->secret);
	k->secret = (struct secret){ 0 };
	if (!s->mechanism)
		return 0;
	error = secret_open(&k->secret, s->password,
			    has_token ? s->token_file : s->password_file, k->now_ms, err);
	if (error)
		k->secret = (struct secret){ 0 };
	return error;
}

int kafka_source_login(struct kafka_source *k, struct err *err)
{
	const struct kafka_source_options *o = k->parts.options;
	bool has_token = o->security.mechanism == KAFKA_OAUTHBEARER;
	int error = read_secret(k, &o->security, err);

	arena_fini(&k->login);
	k->login = (struct arena)ARENA_INIT(KAFKA_SETTINGS_MAX);
	k->stamp = kafka_security_stamp(&o->security);
	if (!error)
		error = kafka_source_settings(&k->settings, o, k->parts.url.host,
					      has_token ? STR("")
							: secret_value(&k->secret),
					      &k->login, err);
	return error;
}

bool kafka_source_is_stale(struct kafka_source *k)
{
	const struct kafka_source_options *o = k->parts.options;

	return secret_refresh(&k->secret, k->now_ms) ||
	       kafka_security_stamp(&o->security) != k->stamp;
}
