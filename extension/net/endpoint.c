/* SPDX-License-Identifier: Apache-2.0 */
/* endpoint.c - see endpoint.h. */
#include "net/endpoint.h"
#include "net/host_port.h"

static int parse_scheme(struct str *rest, struct endpoint *e, struct err *err)
{
	const char *end = rest->len ? memmem(rest->ptr, rest->len, "://", 3) : NULL;
	struct str scheme;

	if (!end)
		return 0;
	scheme = (struct str){ rest->ptr, (size_t)(end - rest->ptr) };
	if (str_equal_nocase(scheme, STR("http")))
		e->scheme = ENDPOINT_HTTP;
	else if (str_equal_nocase(scheme, STR("https")))
		e->scheme = ENDPOINT_HTTPS;
	else
		return err_set(err, "\"" STR_FMT "\" is not http or https",
			       STR_ARG(scheme));
	*rest = str_skip(*rest, scheme.len + 3);
	return 0;
}

int endpoint_parse(struct str text, struct endpoint *e, struct err *err)
{
	struct str rest = text;
	struct host_port server;
	int error;

	*e = (struct endpoint){ .scheme = ENDPOINT_NONE };
	error = parse_scheme(&rest, e, err);
	if (error)
		return error;
	if (rest.len && rest.ptr[rest.len - 1] == '/')
		rest.len--;
	/* The part before an @ may be a password: it is not repeated. */
	if (rest.len && memchr(rest.ptr, '@', rest.len))
		return err_set(err, "a user name does not belong here");
	if (str_until(rest, '/').len < rest.len || str_until(rest, '?').len < rest.len)
		return err_set(err, "a path or query does not belong here");
	error = host_port_parse(rest, &server, err);
	if (error)
		return error;
	/* In a URL a zone would be written otherwise, and means nothing to a server. */
	if (server.host.len && memchr(server.host.ptr, '%', server.host.len))
		return err_set(err, "\"" STR_FMT "\" is not a host name or address",
			       STR_ARG(server.host));
	if (server.port.len && !server.number)
		return err_set(err, "\"0\" is not a port");
	e->host = (struct str){ rest.ptr, server.host.len + (server.is_v6 ? 2 : 0) };
	e->port = server.number;
	return 0;
}

/* The path of "host/path", or of "https://host/path"; empty: there is none. */
static struct str path_of(struct str text)
{
	const char *scheme = text.len ? memmem(text.ptr, text.len, "://", 3) : NULL;
	struct str rest = str_skip(text, scheme ? (size_t)(scheme - text.ptr) + 3 : 0);

	return str_skip(rest, str_until(rest, '/').len);
}

static bool is_path_byte(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
	       (c >= 'A' && c <= 'Z') || strchr("-._~/", c);
}

int endpoint_parse_below(struct str text, struct endpoint *e, struct err *err)
{
	struct str path = path_of(text);
	size_t i;
	int error;

	text.len -= path.len;
	error = endpoint_parse(text, e, err);
	while (path.len && path.ptr[path.len - 1] == '/')
		path.len--;
	for (i = 0; !error && i < path.len; i++)
		if (!path.ptr[i] || !is_path_byte(path.ptr[i]))
			error = err_set(err,
					"\"" STR_FMT
					"\" is no path of letters, digits and -._~/",
					STR_ARG(path));
	e->path = path;
	return error;
}

static struct str without_dot(struct str host)
{
	if (host.len && host.ptr[host.len - 1] == '.')
		host.len--;
	return host;
}

bool endpoint_is_this_host(const struct endpoint *e)
{
	struct str host = without_dot(e->host);
	size_t i;

	if (str_equal_nocase(host, STR("localhost")) || str_is(host, "[::1]"))
		return true;
	/* "127.0.0.1.example.com" is another one. */
	for (i = 0; i < host.len; i++)
		if (!strchr("0123456789.", host.ptr[i]))
			return false;
	return str_starts(host, STR("127."));
}

bool endpoint_is_same(const struct endpoint *a, const struct endpoint *b)
{
	bool is_host = str_equal_nocase(without_dot(a->host), without_dot(b->host)) ||
		       (endpoint_is_this_host(a) && endpoint_is_this_host(b));

	return a->port == b->port && is_host;
}

void endpoint_put_host(struct buf *out, const struct endpoint *e)
{
	unsigned usual = e->scheme == ENDPOINT_HTTPS ? 443 : 80;

	buf_put(out, e->host);
	if (e->port && e->port != usual)
		buf_printf(out, ":%u", e->port);
}

void endpoint_put_url(struct buf *out, const struct endpoint *e)
{
	buf_puts(out, e->scheme == ENDPOINT_HTTPS ? "https://" : "http://");
	endpoint_put_host(out, e);
}
