/* SPDX-License-Identifier: Apache-2.0 */
/* transfer.c - see transfer.h. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>
#include "net/curl_socket.h"
#include "net/curl_tls.h"
#include "net/transfer.h"
#include "sys/clock.h"

#define RETRY_AFTER_MAX_MS INT64_C(86400000)

struct transfer *transfer_new(void)
{
	struct transfer *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->easy = curl_easy_init();
	if (t->easy)
		return t;
	free(t);
	return NULL;
}

void transfer_free(struct transfer *t)
{
	if (!t)
		return;
	curl_slist_free_all(t->headers);
	curl_slist_free_all(t->addresses);
	curl_easy_cleanup(t->easy);
	free(t);
}

void transfer_reset(struct transfer *t)
{
	CURL *easy = t->easy;

	curl_easy_reset(easy);
	curl_slist_free_all(t->headers);
	curl_slist_free_all(t->addresses);
	*t = (struct transfer){ .easy = easy };
}

static int64_t body_size(const struct http_request *r)
{
	return r->body_fd >= 0 ? r->body_size : (int64_t)r->body.len;
}

static size_t on_read(char *room, size_t unit, size_t count, void *context)
{
	struct http_request *r = context;
	struct transfer *t = r->transfer;
	int64_t left = body_size(r) - t->sent;
	size_t size = unit * count;
	ssize_t n;

	if ((int64_t)size > left)
		size = (size_t)left;
	if (size == 0)
		return 0;
	if (r->body_fd < 0) {
		memcpy(room, r->body.ptr + t->sent, size);
		n = (ssize_t)size;
	} else {
		n = pread(r->body_fd, room, size, r->body_offset + t->sent);
	}
	if (n <= 0) {
		t->read_error = n < 0 ? -errno : -ENODATA;
		return CURL_READFUNC_ABORT;
	}
	t->sent += n;
	return (size_t)n;
}

/* A kept connection turned out to be dead: libcurl begins again. */
static int on_seek(void *context, curl_off_t offset, int origin)
{
	struct http_request *r = context;

	if (origin != SEEK_SET || offset < 0 || offset > body_size(r))
		return CURL_SEEKFUNC_CANTSEEK;
	r->transfer->sent = offset;
	return CURL_SEEKFUNC_OK;
}

static size_t on_write(char *bytes, size_t unit, size_t count, void *context)
{
	struct http_request *r = context;
	struct str part = { bytes, unit * count };

	if (r->cuts_reply && part.len > r->reply.limit - r->reply.len)
		part.len = r->reply.limit - r->reply.len;
	buf_put(&r->reply, part);
	return buf_error(&r->reply) ? 0 : unit * count;
}

/* The value of the header called name, as a C string in text; "" for others.
 * What is longer than text is none of ours. */
static bool header_is(struct str line, const char *name, char *text, size_t size)
{
	struct str value = str_skip(line, strlen(name) + 1);

	if (str_until(line, ':').len != strlen(name) ||
	    !str_equal_nocase(str_until(line, ':'), str_of(name)) || value.len >= size)
		return false;
	memcpy(text, value.ptr, value.len);
	text[value.len] = '\0';
	return true;
}

/* Seconds since 1970, or -1. Where long has 32 bits libcurl's time_t may have 32, and ours
 * has 64: of what it returns the lower half is right, until 2106. */
static int64_t read_date(const char *text)
{
	time_t date = curl_getdate(text, NULL);

	if (sizeof(long) >= sizeof(date))
		return date;
	return (uint32_t)date == UINT32_MAX ? -1 : (int64_t)(uint32_t)date;
}

/* RFC 9110 section 10.2.3: seconds, or a date. */
static void read_retry_after(struct transfer *t, const char *text)
{
	char *end;
	long long seconds = strtoll(text, &end, 10);
	int64_t date;

	if (end != text && strspn(end, " \t\r\n") == strlen(end)) {
		if (seconds > 0 && seconds < RETRY_AFTER_MAX_MS / 1000)
			t->retry_after_ms = seconds * 1000;
		else if (seconds > 0)
			t->retry_after_ms = RETRY_AFTER_MAX_MS;
		return;
	}
	date = read_date(text);
	if (date > 0)
		t->retry_at_ms = date * 1000;
}

static struct str trim_value(struct str value)
{
	while (value.len && strchr(" \t", value.ptr[0]))
		value = str_skip(value, 1);
	while (value.len && strchr(" \t\r\n", value.ptr[value.len - 1]))
		value.len--;
	return value;
}

static void keep_header(struct http_request *r, struct str line)
{
	const char *const *name;
	struct str value = trim_value(str_skip(line, str_until(line, ':').len + 1));

	for (name = r->keeps; name && *name; name++)
		if (str_equal_nocase(str_until(line, ':'), str_of(*name)) &&
		    r->kept.len + strlen(*name) + value.len + 3 <= r->kept.limit)
			buf_printf(&r->kept, "%s: " STR_FMT "\n", *name, STR_ARG(value));
}

/* Another answer begins: those before it (100, 103, a proxy's) said nothing of this
 * request. */
static void forget_headers(struct http_request *r)
{
	buf_reset(&r->kept);
	r->date_ms = 0;
	r->transfer->retry_after_ms = r->transfer->retry_at_ms = 0;
}

static size_t on_header(char *bytes, size_t unit, size_t count, void *context)
{
	struct http_request *r = context;
	struct str line = { bytes, unit * count };
	char text[128];
	int64_t date;

	if (str_starts(line, STR("HTTP/")))
		forget_headers(r);
	keep_header(r, line);
	if (header_is(line, "date", text, sizeof(text))) {
		date = read_date(text);
		r->date_ms = date > 0 ? date * 1000 : 0;
	} else if (header_is(line, "retry-after", text, sizeof(text))) {
		read_retry_after(r->transfer, text);
	}
	return line.len;
}

bool transfer_is_local(const struct http_request *r)
{
	static const char *const host[] = { "localhost", "127.", "[::1]", NULL };
	const char *at = strstr(r->url, "://");
	size_t i;

	for (i = 0; at && host[i]; i++)
		if (strncasecmp(at + 3, host[i], strlen(host[i])) == 0)
			return true;
	return false;
}

static int transfer_set_headers(struct transfer *t, const char *const *header)
{
	struct curl_slist *list = curl_slist_append(NULL, "Expect:");

	for (t->headers = list; list && header && *header; header++)
		list = curl_slist_append(t->headers, *header);
	curl_easy_setopt(t->easy, CURLOPT_HTTPHEADER, t->headers);
	return list ? 0 : -ENOMEM;
}

/* Without what the name took. */
static long left_of(int64_t timeout_ms, const struct http_request *r)
{
	int64_t left_ms = timeout_ms - (clock_now().mono_ms - r->begun_ms);

	if (timeout_ms == 0)
		return 0;
	return left_ms > 0 ? (long)left_ms : 1;
}

static void set_limits(CURL *easy, const struct http_request *r)
{
	curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS,
			 left_of(r->connect_timeout_ms, r));
	curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, left_of(r->timeout_ms, r));
	curl_easy_setopt(easy, CURLOPT_LOW_SPEED_TIME,
			 (long)((r->idle_timeout_ms + 999) / 1000));
	curl_easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT, 1L);
#if LIBCURL_VERSION_NUM >= 0x075500
	curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
#else
	curl_easy_setopt(easy, CURLOPT_PROTOCOLS, CURLPROTO_HTTP | CURLPROTO_HTTPS);
#endif
}

static void set_callbacks(CURL *easy, struct http_request *r)
{
	curl_easy_setopt(easy, CURLOPT_PRIVATE, r);
	curl_easy_setopt(easy, CURLOPT_READFUNCTION, on_read);
	curl_easy_setopt(easy, CURLOPT_READDATA, r);
	curl_easy_setopt(easy, CURLOPT_SEEKFUNCTION, on_seek);
	curl_easy_setopt(easy, CURLOPT_SEEKDATA, r);
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_write);
	curl_easy_setopt(easy, CURLOPT_WRITEDATA, r);
	curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
	curl_easy_setopt(easy, CURLOPT_HEADERDATA, r);
	curl_socket_set(easy);
}

int transfer_set(struct transfer *t, struct http_request *r)
{
	CURL *easy = t->easy;

	r->transfer = t;
	set_callbacks(easy, r);
	set_limits(easy, r);
	curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, t->error);
	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L);
	curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	if (r->accept_compressed)
		curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "gzip, deflate");
	if (transfer_is_local(r))
		curl_easy_setopt(easy, CURLOPT_NOPROXY, "*");
	if (strcmp(r->method, "GET") != 0) {
		curl_easy_setopt(easy, CURLOPT_UPLOAD, 1L);
		curl_easy_setopt(easy, CURLOPT_INFILESIZE_LARGE,
				 (curl_off_t)body_size(r));
		curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, r->method);
	}
	if (t->addresses && curl_easy_setopt(easy, CURLOPT_RESOLVE, t->addresses))
		return -ENOMEM;
	if (curl_easy_setopt(easy, CURLOPT_URL, r->url) || curl_tls_set(easy, r->tls))
		return -ENOMEM;
	return transfer_set_headers(t, r->headers);
}

static void transfer_read_reply(struct http_request *r)
{
	struct transfer *t = r->transfer;
	int64_t now_ms = r->date_ms ? r->date_ms : clock_now().wall_ms;
	long status = 0;

	curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status);
	r->status = (int)status;
	r->retry_after_ms = t->retry_after_ms;
	if (t->retry_at_ms > now_ms)
		r->retry_after_ms = t->retry_at_ms - now_ms;
	if (r->retry_after_ms > RETRY_AFTER_MAX_MS)
		r->retry_after_ms = RETRY_AFTER_MAX_MS;
}

void transfer_read_outcome(struct http_request *r, CURLcode code)
{
	if (code == CURLE_OK)
		transfer_read_reply(r);
	else
		transfer_explain(r, code);
}
