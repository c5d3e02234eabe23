/* SPDX-License-Identifier: Apache-2.0 */
/* analyzers.c - see analyzers.h. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include "net/credentials.h"
#include "topology/analyzer_url.h"
#include "topology/analyzers.h"

#define URL_MAX	   4096
#define HEADER_MAX (32 * 1024)

static int set_address(struct analyzer *a, struct str entry, bool is_https,
		       struct err *err)
{
	a->name = a->url = a->login.url = (struct buf)BUF_INIT(URL_MAX);
	a->login.token = (struct buf)BUF_INIT(HEADER_MAX);
	if (analyzer_url_put(&a->name, entry, is_https, err))
		return -EINVAL;
	buf_put(&a->url, buf_str(&a->name));
	buf_puts(&a->url, "/api/topology");
	buf_put(&a->login.url, buf_str(&a->name));
	buf_puts(&a->login.url, "/login");
	if (buf_error(&a->name) || buf_error(&a->url) || buf_error(&a->login.url))
		return err_set(err, "it is too long");
	return 0;
}

static int set_addresses(struct analyzers *l, const struct topology_options *o,
			 struct err *err)
{
	char key[32];
	size_t i;

	if (o->analyzers.count > ANALYZERS_MAX)
		return err_set_key(err, "analyzers", "more than %d", ANALYZERS_MAX);
	if (o->analyzers.count)
		l->item = calloc(o->analyzers.count, sizeof(*l->item));
	if (o->analyzers.count && !l->item)
		return err_set(err, "no memory for the topology");
	for (i = 0; i < o->analyzers.count; i++) {
		struct err why = ERR_INIT;

		l->count++;
		l->item[i].bit = UINT64_C(1) << i;
		if (set_address(&l->item[i], o->analyzers.item[i], o->is_https, &why) ==
		    0)
			continue;
		snprintf(key, sizeof(key), "analyzers[%zu]", i);
		return err_set_key(err, key, "not an analyzer's address: %s", why.text);
	}
	return 0;
}

int analyzers_init(struct analyzers *l, const struct topology_options *o, struct err *err)
{
	*l = (struct analyzers){
		.basic = BUF_INIT(HEADER_MAX),
		.cookies = BUF_INIT(HEADER_MAX),
		.form = BUF_INIT(HEADER_MAX),
	};
	if (o->username.len) {
		credentials_put_basic(&l->basic, o->username, o->password);
		credentials_put_form(&l->form, o->username, o->password);
	}
	buf_put(&l->cookies, o->cookie);
	if (buf_error(&l->basic) || buf_error(&l->form) || buf_error(&l->cookies))
		return err_set(err, "the analyzer's credentials are too long");
	return set_addresses(l, o, err);
}

void analyzers_fini(struct analyzers *l)
{
	size_t i;

	for (i = 0; i < l->count; i++) {
		struct analyzer *a = &l->item[i];

		buf_fini(&a->name);
		buf_fini(&a->url);
		buf_fini(&a->login.url);
		credentials_forget(&a->login.token);
		credentials_forget(&a->login.request.reply);
	}
	free(l->item);
	credentials_forget(&l->basic);
	credentials_forget(&l->form);
	credentials_forget(&l->cookies);
	*l = (struct analyzers){ .item = NULL };
}

struct analyzer *analyzers_next(const struct analyzers *l, uint64_t tried)
{
	size_t i;

	for (i = 0; i < l->count; i++) {
		struct analyzer *a = &l->item[(l->current + i) % l->count];

		if (!(a->bit & tried))
			return a;
	}
	return NULL;
}

bool analyzers_silent(struct analyzers *l, struct analyzer *a, int64_t now_ms,
		      int64_t until_ms)
{
	size_t before = l->current, i, at;

	a->silent_until_ms = until_ms;
	if (a != &l->item[before])
		return false;
	for (i = 1; i < l->count; i++) {
		at = (before + i) % l->count;
		if (l->item[at].silent_until_ms <= now_ms) {
			l->current = at;
			return true;
		}
	}
	return false;
}

bool analyzers_all_silent(const struct analyzers *l, int64_t now_ms)
{
	size_t i;

	for (i = 0; i < l->count; i++)
		if (l->item[i].silent_until_ms <= now_ms)
			return false;
	return true;
}
