/* SPDX-License-Identifier: Apache-2.0 */
#include "login.h"

#include "analyzer.h"
#include "http.h"
#include "server.h"

#include <libwebsockets.h>
#include <stdlib.h>
#include <string.h>

/* base64 of user:password of a form; the caller frees. */
static char *credentials_of(const char *body, size_t len)
{
	struct request form = { .query = mem_strndup(body, len) };
	struct bytes pair = { .data = NULL };
	size_t at_user = 0, at_password = 0, size;
	char *user = request_next_param(&form, "username", &at_user);
	char *password = request_next_param(&form, "password", &at_password);
	char *text;

	bytes_addf(&pair, "%s:%s", user ? user : "", password ? password : "");
	size = pair.len * 2 + 8;
	text = mem_zalloc(size);
	lws_b64_encode_string(pair.data, (int)pair.len, text, (int)size);
	bytes_free(&pair);
	free(user);
	free(password);
	free(form.query);
	return text;
}

static void put_token(char *text, size_t size, unsigned number)
{
	snprintf(text, size, "gAAAA-token_%u", number);
}

static void accept_user(struct conn *conn)
{
	struct analyzer *an = conn->an;
	struct login *login = &an->login;
	struct bytes extra = { .data = NULL }, body = { .data = NULL };
	const char *token = an->options.credentials ? an->options.credentials : "";
	char fresh[64];

	if (an->options.keystone) {
		put_token(fresh, sizeof(fresh), ++login->number);
		token = fresh;
	}
	login->accepted++;
	login->has_role = true;
	bytes_addf(&extra, "Content-Type: application/json; charset=UTF-8\r\n");
	if (*token)
		bytes_addf(&extra, "Set-Cookie: authtoken=%s; Path=/\r\n", token);
	bytes_addf(&extra, "Set-Cookie: permissions=W10=; Path=/\r\n");
	bytes_addf(&body,
		   "{\"Token\":\"%s\",\"Permissions\":[{\"Object\":\"topology\","
		   "\"Action\":\"read\",\"Allowed\":true}]}\n",
		   token);
	answer_add(&conn->out, 200, extra.data, body.data, body.len);
	bytes_free(&extra);
	bytes_free(&body);
}

void login_request(struct conn *conn, const char *body, size_t len)
{
	static const char wrong[] = "Wrong credentials";
	const char *expected = conn->an->options.credentials;
	char *shown = credentials_of(body, len);

	if (!expected || !strcmp(shown, expected)) {
		accept_user(conn);
	} else {
		conn->an->login.refused++;
		answer_add(&conn->out, 401, "Content-Type: text/plain\r\n", wrong,
			   sizeof(wrong) - 1);
	}
	free(shown);
}

bool login_admits(const struct analyzer *an, const struct request *req)
{
	char token[64];
	unsigned i;

	if (!an->options.keystone)
		return request_authorized(req, an->options.credentials);
	for (i = an->login.expired + 1; i <= an->login.number; i++) {
		put_token(token, sizeof(token), i);
		if (request_authorized(req, token))
			return true;
	}
	return false;
}

void login_expire(struct login *login)
{
	login->expired = login->number;
}
