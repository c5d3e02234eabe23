/* SPDX-License-Identifier: Apache-2.0 */
/* url.c - see url.h. */
#include "net/host_port.h"
#include "net/url.h"

static bool url_has_scheme(struct str text, const struct url_scheme *scheme)
{
	size_t length = strlen(scheme->name);
	struct str begin = { text.ptr, length };

	/* RFC 3986 3.1: schemes are case-insensitive. */
	return text.len >= length && str_equal_nocase(begin, str_of(scheme->name)) &&
	       str_starts(str_skip(text, length), STR("://"));
}

const struct url_scheme *url_scheme_find(const struct url_scheme *scheme, struct str text)
{
	while (scheme->name && !url_has_scheme(text, scheme))
		scheme++;
	return scheme->name ? scheme : NULL;
}

static int url_parse_path(struct str rest, struct url *url, struct err *err)
{
	url->path = rest;
	if (rest.len == 0 || *rest.ptr != '/')
		return err_set(err,
			       "\"" STR_FMT "\": write the whole path, with three "
			       "slashes in front: file:///path",
			       STR_ARG(url->text));
	if (url->scheme->form == URL_PATH)
		return 0;
	url->host = STR("localhost");
	url->path = str_until(rest, ':');
	rest = str_skip(rest, url->path.len + 1);
	if (rest.len)
		url->target = rest;
	return 0;
}

static int url_parse_host(struct str rest, struct url *url, struct err *err)
{
	struct err why = ERR_INIT;
	struct host_port server;
	struct str target;

	url->host = str_until(rest, '/');
	target = str_skip(rest, url->host.len);
	if (target.len > 1)
		url->target = target;
	if (!url->host.len || memchr(url->host.ptr, '@', url->host.len))
		return err_set(err,
			       "\"" STR_FMT
			       "\" needs a host and no user; credentials are "
			       "analyzer.auth.cluster.username and password",
			       STR_ARG(url->text));
	if (host_port_parse(url->host, &server, &why) < 0)
		return err_set(err, "\"" STR_FMT "\": %s", STR_ARG(url->text), why.text);
	return 0;
}

int url_parse(struct str text, const struct url_scheme *scheme, const char *key,
	      struct url *url, struct err *err)
{
	struct str rest = str_skip(text, strlen(scheme->name) + strlen("://"));

	*url = (struct url){
		.scheme = scheme,
		.text = text,
		.target = str_of(scheme->target ? scheme->target : ""),
		.key = key,
	};
	return scheme->form == URL_HOST ? url_parse_host(rest, url, err)
					: url_parse_path(rest, url, err);
}
