/* SPDX-License-Identifier: Apache-2.0 */
/* url.c - see url.h. */
#include "net/url.h"

#define FLOW_PATH "/ws/subscriber/flow"

static const struct scheme {
	const char *prefix;
	enum source_scheme scheme;
	bool has_path; /* of a file, instead of a host */
} schemes[] = {
	{ "ws://", SOURCE_WS, false },
	{ "wss://", SOURCE_WSS, false },
	{ "ws+unix://", SOURCE_WS_UNIX, true },
	{ "udp://", SOURCE_UDP, false },
	{ "unixgram://", SOURCE_UNIXGRAM, true },
	{ "file://", SOURCE_FILE, true },
	{ 0 },
};

static int url_parse_path(struct str rest, struct source_url *url, struct err *err)
{
	url->path = rest;
	url->target = STR(FLOW_PATH);
	if (rest.len == 0 || *rest.ptr != '/')
		return err_set(err,
			       "\"" STR_FMT "\": write the whole path, with three "
			       "slashes in front: file:///path",
			       STR_ARG(url->text));
	if (url->scheme != SOURCE_WS_UNIX)
		return 0;
	url->host = STR("localhost");
	url->path = str_until(rest, ':');
	rest = str_skip(rest, url->path.len + 1);
	if (rest.len)
		url->target = rest;
	return 0;
}

static int url_parse_host(struct str rest, struct source_url *url, struct err *err)
{
	url->host = str_until(rest, '/');
	url->target = str_skip(rest, url->host.len);
	if (url->target.len <= 1)
		url->target = STR(FLOW_PATH);
	if (url->host.len && !memchr(url->host.ptr, '@', url->host.len))
		return 0;
	return err_set(err,
		       "\"" STR_FMT "\" needs a host and no user; credentials are "
		       "analyzer.auth.cluster.username and password",
		       STR_ARG(url->text));
}

int source_url_parse(struct str text, struct source_url *url, struct err *err)
{
	const struct scheme *scheme = schemes;
	struct str rest;

	if (text.len == 0)
		return err_set(err, "must be set, for instance "
				    "ws://127.0.0.1:8082" FLOW_PATH);
	while (scheme->prefix && !str_starts(text, str_of(scheme->prefix)))
		scheme++;
	if (!scheme->prefix)
		return err_set(err,
			       "\"" STR_FMT "\" is not a source; write "
			       "ws://host:port" FLOW_PATH
			       ", or wss://, ws+unix://, udp://, unixgram://, file://",
			       STR_ARG(text));
	*url = (struct source_url){ .scheme = scheme->scheme, .text = text };
	rest = str_skip(text, strlen(scheme->prefix));
	return scheme->has_path ? url_parse_path(rest, url, err)
				: url_parse_host(rest, url, err);
}

bool source_url_is_websocket(const struct source_url *url)
{
	return url->scheme == SOURCE_WS || url->scheme == SOURCE_WSS ||
	       url->scheme == SOURCE_WS_UNIX;
}
