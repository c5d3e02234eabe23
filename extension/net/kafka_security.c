/* SPDX-License-Identifier: Apache-2.0 */
/* kafka_security.c - see kafka_security.h. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "net/kafka_security.h"
#include "net/kafka_token.h"
#include "sys/clock.h"

const char *const kafka_mechanism_names[] = { "none",	       "PLAIN",
					      "SCRAM-SHA-256", "SCRAM-SHA-512",
					      "OAUTHBEARER",   NULL };

static int check_file(const char *key, struct str file, struct err *err)
{
	char path[4096];

	if (!file.len)
		return 0;
	if (file.len >= sizeof(path))
		return err_set_key(err, key, "it is too long");
	snprintf(path, sizeof(path), STR_FMT, STR_ARG(file));
	if (access(path, R_OK) < 0)
		return err_set_key(err, key, "cannot read %s: %s", path, strerror(errno));
	return 0;
}

int kafka_check_files(const struct kafka_security *s, struct err *err)
{
	int error = check_file("security.ca_cert", s->ca_cert, err);

	if (!error)
		error = check_file("security.client_cert", s->client_cert, err);
	if (!error)
		error = check_file("security.client_key", s->client_key, err);
	if (!error && s->client_cert.len && !s->client_key.len)
		error = err_set_key(err, "security.client_key",
				    "must be set: client_cert is");
	return error;
}

static int check_password(const struct kafka_security *s, struct err *err)
{
	if (!s->username.len)
		return err_set_key(err, "security.username", "must be set: mechanism is");
	if (!s->password.len == !s->password_file.len)
		return err_set_key(err, "security.password",
				   "set either it or password_file");
	if (secret_has_blank_end(s->password))
		return err_set_key(err, "security.password", SECRET_BLANK_REASON);
	return 0;
}

int kafka_check_login(const struct kafka_security *s, struct err *err)
{
	bool has_password = s->username.len || s->password.len || s->password_file.len;
	bool has_token = s->mechanism == KAFKA_OAUTHBEARER;

	if (!s->mechanism && has_password)
		return err_set_key(err, "security.mechanism",
				   "must be set: there is a user or a password");
	if (!has_token && s->token_file.len)
		return err_set_key(err, "security.mechanism",
				   "must be OAUTHBEARER: token_file is set");
	if (has_token && !s->token_file.len)
		return err_set_key(err, "security.token_file",
				   "must be set: mechanism is OAUTHBEARER");
	if (has_token && has_password)
		return err_set_key(err, "security.mechanism",
				   "OAUTHBEARER goes with token_file, not with a user or "
				   "a password");
	return s->mechanism && !has_token ? check_password(s, err) : 0;
}

/* One that has expired may be renewed before it is needed. */
static int check_token(const struct kafka_security *s, struct err *err)
{
	struct err why = ERR_INIT;
	struct kafka_token token;
	struct secret secret;
	int error = secret_open(&secret, STR(""), s->token_file, 0, &why);

	if (error)
		return err_set_key(err, "security.token_file", "%s", why.text);
	if (kafka_token_read(&token, secret_value(&secret), &why) < 0)
		error = err_set_key(err, "security.token_file", "the token in %s %s",
				    secret.path, why.text);
	secret_close(&secret);
	return error;
}

static int open_password(const struct kafka_security *s, struct secret *secret,
			 struct err *err)
{
	struct err why = ERR_INIT;
	int error = secret_open(secret, s->password, s->password_file,
				clock_now().mono_ms, &why);

	if (!error)
		return 0;
	*secret = (struct secret){ 0 };
	return err_set_key(err,
			   s->password_file.len ? "security.password_file"
						: "security.password",
			   "%s", why.text);
}

int kafka_open_secret(const struct kafka_security *s, struct secret *secret,
		      struct err *err)
{
	if (s->mechanism == KAFKA_OAUTHBEARER)
		return check_token(s, err);
	return s->mechanism ? open_password(s, secret, err) : 0;
}

static bool has_tls(const struct kafka_security *s)
{
	return s->has_tls || s->ca_cert.len || s->client_cert.len;
}

static struct str protocol(const struct kafka_security *s)
{
	if (s->mechanism)
		return has_tls(s) ? STR("SASL_SSL") : STR("SASL_PLAINTEXT");
	return has_tls(s) ? STR("SSL") : STR("PLAINTEXT");
}

static void add(struct map_of_str *all, const char *name, struct str value)
{
	if (!value.len)
		return;
	all->name[all->count] = str_of(name);
	all->value[all->count++] = value;
}

void kafka_security_put(const struct kafka_security *s, struct str password,
			struct map_of_str *all)
{
	add(all, "security.protocol", protocol(s));
	add(all, "ssl.ca.location", s->ca_cert);
	add(all, "ssl.certificate.location", s->client_cert);
	add(all, "ssl.key.location", s->client_key);
	if (!s->mechanism)
		return;
	add(all, "sasl.mechanism", str_of(kafka_mechanism_names[s->mechanism]));
	add(all, "sasl.oauthbearer.config", s->token_file);
	add(all, "sasl.username", s->username);
	add(all, "sasl.password", password);
}

const char *kafka_security_key(const char *name)
{
	static const char *const table[][2] = {
		{ "sasl.mechanism", "security.mechanism" },
		{ "sasl.oauthbearer.config", "security.token_file" },
		{ "ssl.ca.location", "security.ca_cert" },
		{ "ssl.certificate.location", "security.client_cert" },
		{ "ssl.key.location", "security.client_key" },
	};
	size_t i;

	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (strcmp(name, table[i][0]) == 0)
			return table[i][1];
	return NULL;
}

static uint64_t mix(uint64_t sum, uint64_t value)
{
	return (sum ^ value) * 1099511628211u;
}

static uint64_t stamp_file(uint64_t sum, struct str file)
{
	struct stat status;
	char path[4096];

	snprintf(path, sizeof(path), STR_FMT, STR_ARG(file));
	if (!file.len || stat(path, &status) < 0)
		return mix(sum, 0);
	sum = mix(sum, (uint64_t)status.st_ino);
	sum = mix(sum, (uint64_t)status.st_size);
	sum = mix(sum, (uint64_t)status.st_mtim.tv_sec);
	return mix(sum, (uint64_t)status.st_mtim.tv_nsec);
}

uint64_t kafka_security_stamp(const struct kafka_security *s)
{
	uint64_t sum = stamp_file(14695981039346656037u, s->ca_cert);

	sum = stamp_file(sum, s->client_cert);
	return stamp_file(sum, s->client_key);
}

bool kafka_security_advise(const struct kafka_security *s, struct err *err)
{
	if (!s->mechanism || has_tls(s))
		return false;
	err_set_key(err, "security.mechanism",
		    "the %s goes there without TLS, for everybody on the way to read; "
		    "set security.tls if the brokers speak it",
		    s->mechanism == KAFKA_OAUTHBEARER ? "token" : "password");
	return true;
}
