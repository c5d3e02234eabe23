/* SPDX-License-Identifier: Apache-2.0 */
/* kafka_options.c - what may be set of the source kafka, and what its URL names:
 *
 *	kafka://host:port,host:port/topic?group=name
 */
#include <errno.h>
#include <stdio.h>
#include "net/kafka.h"
#include "source/kafka_private.h"

#define TOPIC_MAX 249 /* bytes; of [a-zA-Z0-9._-], as brokers have it */
#define GROUP_MAX 255
#define GROUP_KEY "group="

const struct shape kafka_source_shape = {
	.name = "subscriber",
	.size = sizeof(struct kafka_source_options),
	.fields =
		(const struct field[]){
			KAFKA_SECURITY_OPTIONS(struct kafka_source_options, security,
					       "kafka: "),
			OPTION(struct kafka_source_options, settings, "settings",
			       FIELD_SECRET | FIELD_DOTTED,
			       "kafka: settings of librdkafka, by its own names"),
			{ 0 },
		},
};

static bool is_name(struct str name, size_t longest)
{
	static const char bytes[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789._-";
	size_t i;

	for (i = 0; i < name.len; i++)
		if (!memchr(bytes, name.ptr[i], sizeof(bytes) - 1))
			return false;
	return name.len && name.len <= longest && !str_is(name, ".") &&
	       !str_is(name, "..");
}

int kafka_source_name(const struct url *url, struct kafka_source_name *name,
		      struct err *err)
{
	struct str query;

	*name = (struct kafka_source_name){
		.brokers = url->host,
		.topic = str_until(url->target, '?'),
	};
	query = str_skip(url->target, name->topic.len + 1);
	if (str_starts(query, STR(GROUP_KEY)))
		name->group = str_skip(query, sizeof(GROUP_KEY) - 1);
	if (!is_name(name->topic, TOPIC_MAX) || !is_name(name->group, GROUP_MAX))
		return err_set_key(
			err, "url",
			"write kafka://host:port,host:port/topic?group=name, "
			"with letters, digits, \".\", \"_\" and \"-\" in topic "
			"and group");
	return 0;
}

int kafka_source_copy(void *options, struct arena *arena)
{
	struct kafka_source_options *o = options;
	struct str *const text[] = {
		&o->security.ca_cert,	 &o->security.client_cert,
		&o->security.client_key, &o->security.username,
		&o->security.password,	 &o->security.password_file,
		&o->security.token_file,
	};
	struct map_of_str from = o->settings;
	size_t i;

	for (i = 0; i < sizeof(text) / sizeof(text[0]); i++)
		*text[i] = arena_str(arena, *text[i]);

	o->settings.name = arena_alloc(arena, (from.count + 1) * sizeof(struct str));
	o->settings.value = arena_alloc(arena, (from.count + 1) * sizeof(struct str));
	for (i = 0; !arena_error(arena) && i < from.count; i++) {
		o->settings.name[i] = arena_str(arena, from.name[i]);
		o->settings.value[i] = arena_str(arena, from.value[i]);
	}
	return arena_error(arena);
}

/* Those that an operator set win over what their keys stand for. */
static int blame(const struct kafka_source_options *o, const struct err *why,
		 struct err *err)
{
	const char *name = kafka_security_key(why->key);
	char key[160];
	size_t i;

	for (i = 0; i < o->settings.count; i++) {
		if (!str_is(o->settings.name[i], why->key))
			continue;
		snprintf(key, sizeof(key), "settings.%s", why->key);
		return err_set_key(err, key, "%s", why->text);
	}
	return err_set_key(err, name ? name : "url", "%s", why->text);
}

/* The library is asked with all that a member of the group has. */
static int try_settings(const struct kafka_source_options *o,
			const struct kafka_source_name *name, struct secret *secret,
			struct err *err)
{
	struct arena arena = ARENA_INIT(KAFKA_SETTINGS_MAX);
	struct map_of_str all;
	struct err why = ERR_INIT;
	int error = kafka_refuse_settings(&o->settings, &why);

	if (!error)
		error = kafka_source_settings(&all, o, name->brokers,
					      secret_value(secret), &arena, &why);
	if (!error)
		error = kafka_consumer_check(&all, "check", &why);
	arena_fini(&arena);
	return error ? blame(o, &why, err) : 0;
}

int kafka_source_check(const struct url *url, const void *options, struct err *err)
{
	const struct kafka_source_options *o = options;
	struct kafka_source_name name;
	struct secret secret = { 0 };
	int error;

	if (kafka_source_name(url, &name, err) < 0 ||
	    kafka_check_files(&o->security, err) < 0 ||
	    kafka_check_login(&o->security, err) < 0 ||
	    kafka_open_secret(&o->security, &secret, err) < 0)
		return -EINVAL;
	error = try_settings(o, &name, &secret, err);
	secret_close(&secret);
	return error;
}

bool kafka_source_advise(const void *options, struct err *err)
{
	return kafka_security_advise(&((const struct kafka_source_options *)options)
					      ->security,
				     err);
}
