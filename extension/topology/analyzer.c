/* SPDX-License-Identifier: Apache-2.0 */
/* analyzer.c - see analyzer.h. */
#include "net/endpoint.h"
#include "topology/analyzer.h"

static bool is_number(struct str text)
{
	size_t i;

	for (i = 0; i < text.len; i++)
		if (text.ptr[i] < '0' || text.ptr[i] > '9')
			return false;
	return text.len > 0;
}

int analyzer_put_url(struct buf *url, struct str entry, bool is_https, struct err *err)
{
	struct buf port_only = BUF_INIT(64);
	struct endpoint e;
	int error;

	if (is_number(entry) && entry.len <= 5) {
		buf_putc(&port_only, ':');
		buf_put(&port_only, entry);
		entry = buf_str(&port_only);
	}
	error = endpoint_parse(entry, &e, err);
	if (!error && !e.port)
		error = err_set(err, "\"" STR_FMT "\" has no port", STR_ARG(entry));
	if (!error) {
		if (e.host.len == 0)
			e.host = STR("localhost");
		if (e.scheme == ENDPOINT_NONE)
			e.scheme = is_https ? ENDPOINT_HTTPS : ENDPOINT_HTTP;
		endpoint_put_url(url, &e);
	}
	buf_fini(&port_only);
	return error;
}
