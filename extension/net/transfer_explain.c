/* SPDX-License-Identifier: Apache-2.0 */
/* transfer_explain.c - what a failure of libcurl is to a person; see transfer.h. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "net/curl_tls.h"
#include "net/transfer.h"

void transfer_fail(struct http_request *r, int status, const char *what, const char *why)
{
	r->status = status;
	snprintf(r->error, sizeof(r->error), "%s%s%s", what, *what && *why ? ": " : "",
		 why);
}

/* host:port of the URL, without what may be a password. */
static void put_server(char *text, size_t size, const char *url)
{
	const char *at = strstr(url, "://"), *user;
	size_t len;

	at = at ? at + 3 : url;
	len = strcspn(at, "/?#");
	user = memrchr(at, '@', len);
	if (user) {
		len -= (size_t)(user + 1 - at);
		at = user + 1;
	}
	snprintf(text, size, "%.*s", (int)len, at);
}

static void fail_connect(struct http_request *r, const char *server)
{
	char what[200];
	long os = 0;

	curl_easy_getinfo(r->transfer->easy, CURLINFO_OS_ERRNO, &os);
	if (os == ECONNREFUSED) {
		snprintf(what, sizeof(what), "connection refused by %s", server);
		transfer_fail(r, -ECONNREFUSED, what, "");
		return;
	}
	snprintf(what, sizeof(what), "cannot connect to %s", server);
	transfer_fail(r, os == ETIMEDOUT ? -ETIMEDOUT : -EHOSTUNREACH, what,
		      os ? strerrordesc_np((int)os) : r->transfer->error);
}

static void fail_reply(struct http_request *r, const char *server)
{
	char what[200];

	if (buf_error(&r->reply) == -EFBIG) {
		snprintf(what, sizeof(what), "%s: the reply is longer than %zu bytes",
			 server, r->reply.limit);
		transfer_fail(r, -EFBIG, what, "");
	} else if (buf_error(&r->reply)) {
		transfer_fail(r, -ENOMEM, "no memory for the reply", "");
	} else {
		transfer_fail(r, -EIO, server, r->transfer->error);
	}
}

static void fail_body(struct http_request *r)
{
	int error = r->transfer->read_error;

	if (error == -ENODATA)
		transfer_fail(r, -EIO, "the file with the body is shorter than it was",
			      "");
	else
		transfer_fail(r, -EIO, "cannot read the body", strerrordesc_np(-error));
}

void transfer_explain(struct http_request *r, CURLcode code)
{
	const char *why = r->transfer->error;
	char server[160];

	put_server(server, sizeof(server), r->url);
	if (!*why)
		why = curl_easy_strerror(code);
	if (curl_tls_explain(r->transfer->easy, code, r->tls, server, why, r->error,
			     sizeof(r->error))) {
		r->status = -EPROTO;
		return;
	}
	switch (code) {
	case CURLE_OPERATION_TIMEDOUT:
		transfer_fail(r, -ETIMEDOUT, server, why);
		break;
	case CURLE_COULDNT_RESOLVE_HOST:
	case CURLE_COULDNT_RESOLVE_PROXY:
		transfer_fail(r, -EHOSTUNREACH, server, why);
		break;
	case CURLE_COULDNT_CONNECT:
		fail_connect(r, server);
		break;
	case CURLE_WRITE_ERROR:
		fail_reply(r, server);
		break;
	case CURLE_ABORTED_BY_CALLBACK:
	case CURLE_READ_ERROR:
		fail_body(r);
		break;
	case CURLE_OUT_OF_MEMORY:
		transfer_fail(r, -ENOMEM, "no memory for a request", "");
		break;
	case CURLE_GOT_NOTHING:
	case CURLE_SEND_ERROR:
	case CURLE_RECV_ERROR:
	case CURLE_PARTIAL_FILE:
		transfer_fail(r, -EIO, server, why);
		break;
	default:
		/* A reply that is not HTTP, a URL we do not speak. */
		transfer_fail(r, -EPROTO, server, why);
	}
}
