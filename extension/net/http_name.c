/* SPDX-License-Identifier: Apache-2.0 */
/* http_name.c - see http_name.h. */
#include <errno.h>
#include "net/curl_dial.h"
#include "net/http_name.h"
#include "net/resolver.h"
#include "net/transfer.h"
#include "sys/clock.h"

#define NAME_MS	 10000 /* the most that a name is waited for */
#define AGAIN_MS 1000  /* between looks at one that is waited for */

static int64_t least_of(int64_t a_ms, int64_t b_ms)
{
	return b_ms > 0 && b_ms < a_ms ? b_ms : a_ms;
}

void http_name_begin(struct http_request *r)
{
	int64_t most_ms = least_of(least_of(NAME_MS, r->connect_timeout_ms),
				   r->timeout_ms);

	r->begun_ms = clock_now().mono_ms;
	r->named_by_ms = r->begun_ms + most_ms;
}

int http_name_find(struct http_request *r, unsigned answers, struct curl_slist **list)
{
	struct curl_dial to = curl_dial_of(r->url, !transfer_is_local(r));
	struct buf addresses = BUF_INIT(16 * 1024);
	int64_t now_ms = clock_now().mono_ms;
	struct err why = ERR_INIT;
	int error;

	*list = NULL;
	r->is_nameless = false;
	if (to.host.len == 0 || resolver_knows(to.host))
		return 0;
	r->answers = answers;
	error = resolver_find(to.host, now_ms, &addresses, &why);
	if (error == -EAGAIN && now_ms >= r->named_by_ms) {
		err_set(&why, "no address of " STR_FMT ": the name server is silent",
			STR_ARG(to.host));
		error = -ETIMEDOUT;
	}
	if (!error) {
		*list = curl_dial_list(&to, buf_str(&addresses));
		error = *list ? 0 : -ENOMEM;
	}
	buf_fini(&addresses);
	r->is_nameless = error == -EAGAIN;
	if (error && !r->is_nameless)
		transfer_fail(r, error, why.text, "");
	r->due_ms = now_ms + AGAIN_MS < r->named_by_ms ? now_ms + AGAIN_MS
						       : r->named_by_ms;
	return error;
}

struct http_request *http_name_due(struct http_request *r, unsigned answers,
				   int64_t *wait_ms)
{
	int64_t now_ms = clock_now().mono_ms;

	for (; r; r = r->next) {
		if (!r->is_nameless)
			continue;
		if (r->answers != answers || r->due_ms <= now_ms)
			break;
		if (r->due_ms - now_ms < *wait_ms)
			*wait_ms = r->due_ms - now_ms;
	}
	return r;
}
