/* SPDX-License-Identifier: Apache-2.0 */
/* kafka_security.c - the keys below pipeline.write.kafka.security: whether they fit
 * together, and whether their files can be read. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "net/kafka_token.h"
#include "sys/clock.h"
#include "writer/kafka_private.h"

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

int kafka_check_files(struct kafka_writer *w, struct err *err)
{
	int error = check_file("security.ca_cert", w->ca_cert, err);

	if (!error)
		error = check_file("security.client_cert", w->client_cert, err);
	if (!error)
		error = check_file("security.client_key", w->client_key, err);
	if (!error && w->client_cert.len && !w->client_key.len)
		error = err_set_key(err, "security.client_key",
				    "must be set: client_cert is");
	return error;
}

static int check_password(const struct kafka_writer *w, struct err *err)
{
	if (!w->username.len)
		return err_set_key(err, "security.username", "must be set: mechanism is");
	if (!w->password.len == !w->password_file.len)
		return err_set_key(err, "security.password",
				   "set either it or password_file");
	if (secret_has_blank_end(w->password))
		return err_set_key(err, "security.password", SECRET_BLANK_REASON);
	return 0;
}

int kafka_check_login(struct kafka_writer *w, struct err *err)
{
	bool has_password = w->username.len || w->password.len || w->password_file.len;
	bool has_token = w->mechanism == KAFKA_OAUTHBEARER;

	if (!w->mechanism && has_password)
		return err_set_key(err, "security.mechanism",
				   "must be set: there is a user or a password");
	if (!has_token && w->token_file.len)
		return err_set_key(err, "security.mechanism",
				   "must be OAUTHBEARER: token_file is set");
	if (has_token && !w->token_file.len)
		return err_set_key(err, "security.token_file",
				   "must be set: mechanism is OAUTHBEARER");
	if (has_token && has_password)
		return err_set_key(err, "security.mechanism",
				   "OAUTHBEARER goes with token_file, not with a user or "
				   "a password");
	return w->mechanism && !has_token ? check_password(w, err) : 0;
}

/* One that has expired may be renewed before it is needed. */
static int check_token(const struct kafka_writer *w, struct err *err)
{
	struct err why = ERR_INIT;
	struct kafka_token token;
	struct secret secret;
	int error = secret_open(&secret, STR(""), w->token_file, 0, &why);

	if (error)
		return err_set_key(err, "security.token_file", "%s", why.text);
	if (kafka_token_read(&token, secret_value(&secret), &why) < 0)
		error = err_set_key(err, "security.token_file", "the token in %s %s",
				    secret.path, why.text);
	secret_close(&secret);
	return error;
}

static int open_password(struct kafka_writer *w, struct err *err)
{
	struct err why = ERR_INIT;
	int error = secret_open(&w->secret, w->password, w->password_file,
				clock_now().mono_ms, &why);

	if (!error)
		return 0;
	w->secret = (struct secret){ 0 };
	return err_set_key(err,
			   w->password_file.len ? "security.password_file"
						: "security.password",
			   "%s", why.text);
}

int kafka_open_secret(struct kafka_writer *w, struct err *err)
{
	if (w->mechanism == KAFKA_OAUTHBEARER)
		return check_token(w, err);
	return w->mechanism ? open_password(w, err) : 0;
}
