/* SPDX-License-Identifier: Apache-2.0 */
/* url.c - see url.h. */
#include <errno.h>
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

/* Up to the query, or what follows "#". */
static struct str without_query(struct str text)
{
	return str_until(str_until(text, '?'), '#');
}

void url_put_shown(struct buf *b, struct str text)
{
	const char *at = text.len ? memrchr(text.ptr, '@', text.len) : NULL;
	const char *end = text.len ? memmem(text.ptr, text.len, "://", 3) : NULL;
	struct str scheme = { text.ptr, end ? (size_t)(end - text.ptr) + 3 : 0 };

	if (at && (!end || at > end)) {
		buf_put(b, scheme);
		buf_puts(b, "***@");
		text = str_skip(text, (size_t)(at - text.ptr) + 1);
	}
	buf_put(b, without_query(text));
}

/* -EINVAL: the URL, as it can be shown, and why not. */
static int refuse(const struct url *url, const char *why, struct err *err)
{
	struct buf shown = BUF_INIT(1024);

	url_put_shown(&shown, url->text);
	err_set(err, "\"" STR_FMT "\"%s", STR_ARG(buf_str(&shown)), why);
	buf_fini(&shown);
	return -EINVAL;
}

static int url_parse_path(struct str rest, struct url *url, struct err *err)
{
	url->path = rest;
	if (rest.len == 0 || *rest.ptr != '/')
		return refuse(url,
			      ": write the whole path, with three slashes in front: "
			      "file:///path",
			      err);
	if (url->scheme->form == URL_PATH)
		return 0;
	url->shown = without_query(url->text);
	url->host = STR("localhost");
	url->path = str_until(rest, ':');
	rest = str_skip(rest, url->path.len + 1);
	if (rest.len)
		url->target = rest;
	return 0;
}

static int url_parse_host(struct str rest, struct url *url, struct err *err)
{
	struct str shown = without_query(rest), target;
	struct err why = ERR_INIT;
	struct host_port server;

	url->shown = without_query(url->text);
	url->host = str_until(shown, '/');
	target = str_skip(rest, url->host.len);
	if (target.len > 1)
		url->target = target;
	if (url->host.len == 0 || memchr(shown.ptr, '@', shown.len))
		return refuse(url,
			      " needs a host and no user; credentials are "
			      "pipeline.subscriber.auth.username and password, or "
			      "analyzer.auth.cluster's",
			      err);
	if (target.len && *target.ptr != '/')
		return refuse(url, " needs a path between host and query", err);
	if (host_port_parse(url->host, &server, &why) < 0)
		return err_set(err, "\"" STR_FMT "\": %s", STR_ARG(url->shown), why.text);
	return 0;
}

static int url_parse_brokers(struct str rest, struct url *url, struct err *err)
{
	struct str list, broker;
	struct host_port server;

	url->shown = without_query(url->text);
	url->host = list = str_until(without_query(rest), '/');
	url->target = str_skip(rest, url->host.len + 1);
	if (memchr(url->shown.ptr, '@', url->shown.len))
		return refuse(url, " needs brokers and no user", err);
	do {
		struct err why = ERR_INIT;

		broker = str_until(list, ',');
		list = str_skip(list, broker.len + 1);
		if (host_port_parse(broker, &server, &why) < 0 || !server.host.len)
			return err_set(err,
				       "\"" STR_FMT "\": write host:port of some "
				       "brokers, with commas: %s",
				       STR_ARG(url->shown), why.text);
	} while (list.len);
	return 0;
}

/* It becomes a line of a request. */
static bool has_blank(struct str text)
{
	size_t i;

	for (i = 0; i < text.len; i++)
		if ((unsigned char)text.ptr[i] <= ' ' || text.ptr[i] == 0x7f)
			return true;
	return false;
}

int url_parse(struct str text, const struct url_scheme *scheme, const char *key,
	      struct url *url, struct err *err)
{
	struct str rest = str_skip(text, strlen(scheme->name) + strlen("://"));

	*url = (struct url){
		.scheme = scheme,
		.text = text,
		.shown = text,
		.target = str_of(scheme->target ? scheme->target : ""),
		.key = key,
	};
	if (scheme->form != URL_PATH && has_blank(text))
		return refuse(url,
			      " holds a blank or the end of a line, as no URL does; "
			      "was it pasted?",
			      err);
	if (scheme->form == URL_BROKERS)
		return url_parse_brokers(rest, url, err);
	return scheme->form == URL_HOST ? url_parse_host(rest, url, err)
					: url_parse_path(rest, url, err);
}
