/* SPDX-License-Identifier: Apache-2.0 */
/* analyzer_url.c - see analyzer_url.h. */
#include <arpa/inet.h>
#include <netdb.h>
#include "net/endpoint.h"
#include "topology/analyzer_url.h"

#define ENTRY_MAX 4096

static bool is_number(struct str text)
{
	size_t i;

	for (i = 0; i < text.len; i++)
		if (text.ptr[i] < '0' || text.ptr[i] > '9')
			return false;
	return text.len > 0;
}

/* The port of a service of TCP, or 0. */
static unsigned find_service(struct str name)
{
	struct servent entry, *found = NULL;
	char text[64], room[1024];

	if (!name.len || name.len >= sizeof(text) || is_number(name))
		return 0;
	memcpy(text, name.ptr, name.len);
	text[name.len] = '\0';
	if (getservbyname_r(text, "tcp", &entry, room, sizeof(room), &found) || !found)
		return 0;
	return ntohs((uint16_t)found->s_port);
}

/* What stands behind the last colon, or all of it when there is none. */
static struct str last_part(struct str entry)
{
	const char *colon = entry.len ? memrchr(entry.ptr, ':', entry.len) : NULL;

	return colon ? str_skip(entry, (size_t)(colon - entry.ptr) + 1) : entry;
}

/* Appends the entry with its port as a number behind a colon, where it has one. */
static void put_entry(struct buf *b, struct str entry)
{
	struct str port = last_part(entry);
	unsigned number = find_service(port);

	if (!number) {
		if (is_number(entry) && entry.len <= 5)
			buf_putc(b, ':');
		buf_put(b, entry);
		return;
	}
	buf_put(b, (struct str){ entry.ptr, entry.len - port.len });
	if (port.len == entry.len)
		buf_putc(b, ':');
	buf_put_i64(b, number);
}

int analyzer_url_put(struct buf *url, struct str entry, bool is_https, struct err *err)
{
	struct buf text = BUF_INIT(ENTRY_MAX);
	struct endpoint e;
	int error;

	put_entry(&text, entry);
	if (buf_error(&text))
		error = err_set(err, "it is too long");
	else
		error = endpoint_parse(buf_str(&text), &e, err);
	if (!error && !e.port)
		error = err_set(err, "\"" STR_FMT "\" has no port", STR_ARG(entry));
	if (!error) {
		if (e.host.len == 0)
			e.host = STR("localhost");
		if (e.scheme == ENDPOINT_NONE)
			e.scheme = is_https ? ENDPOINT_HTTPS : ENDPOINT_HTTP;
		endpoint_put_url(url, &e);
	}
	buf_fini(&text);
	return error;
}
