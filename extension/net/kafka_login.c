/* SPDX-License-Identifier: Apache-2.0 */
/* kafka_login.c - tokens for those who log in with one (OAUTHBEARER). See kafka_private.h.
 *
 * The setting sasl.oauthbearer.config, which librdkafka leaves to us, is the token's file.
 * It asks when four fifths of a token's life are over, and ten seconds after it was given
 * none; what is in the file then is given, also when it is the same.
 */
#include <errno.h>
#include <string.h>
#include "net/kafka_private.h"
#include "net/kafka_token.h"
#include "sys/clock.h"

static int give(const struct kafka_library *library, rd_kafka_t *handle,
		const struct secret *secret, struct err *err)
{
	struct str text = secret_value(secret);
	struct err why = ERR_INIT;
	struct kafka_token token;
	rd_kafka_resp_err_t error;

	if (kafka_token_check(&token, text, clock_now().wall_ms / 1000, &why) < 0)
		return err_set(err, "the token in %s %s", secret->path, why.text);
	error = library->oauthbearer_set_token(handle, text.ptr, token.expires_s * 1000,
					       token.subject, NULL, 0, why.text,
					       sizeof(why.text));
	return error ? err_set(err, "librdkafka %s does not take the token in %s: %s",
			       library->version_str(), secret->path, why.text)
		     : 0;
}

static int read_and_give(const struct kafka_library *library, rd_kafka_t *handle,
			 const char *file, struct err *err)
{
	struct secret secret;
	int error = secret_open(&secret, STR(""), str_of(file), 0, err);

	if (error)
		return error;
	error = give(library, handle, &secret, err);
	secret_close(&secret);
	return error;
}

/* For librdkafka, on the thread that polls. */
static void renew(rd_kafka_t *handle, const char *file, void *opaque)
{
	struct kafka_library library;
	struct err err = ERR_INIT;

	(void)opaque;
	if (kafka_library_open(&library, NULL) < 0)
		return;
	if (read_and_give(&library, handle, file, &err) < 0)
		library.oauthbearer_set_token_failure(handle, err.text);
	kafka_library_close(&library);
}

bool kafka_login_file(const struct kafka_library *library, const rd_kafka_conf_t *conf,
		      char *file, size_t size)
{
	*file = '\0';
	return library->conf_get(conf, KAFKA_TOKEN_FILE, file, &size) ==
		       RD_KAFKA_CONF_OK &&
	       *file;
}

void kafka_login_prepare(const struct kafka_library *library, rd_kafka_conf_t *conf)
{
	char file[SECRET_MAX];

	if (kafka_login_file(library, conf, file, sizeof(file)))
		library->conf_set_oauthbearer_token_refresh_cb(conf, renew);
}

int kafka_login_first(const struct kafka_library *library, rd_kafka_t *handle,
		      const char *file, struct err *err)
{
	return *file ? read_and_give(library, handle, file, err) : 0;
}

void kafka_login_watch(struct kafka_cluster *c, int64_t mono_ms)
{
	struct err err = ERR_INIT;
	size_t i;

	for (i = 0; !c->token.path && i < c->settings.count; i++)
		if (str_is(c->settings.name[i], KAFKA_TOKEN_FILE))
			secret_open(&c->token, STR(""), c->settings.value[i], mono_ms,
				    NULL);
	if (secret_refresh(&c->token, mono_ms) &&
	    give(&c->library, c->producer, &c->token, &err) < 0)
		kafka_set_problem(c, err.text);
}
