/* SPDX-License-Identifier: Apache-2.0 */
/* url.c - see url.h. */
#include "source/url.h"

#define FLOW_PATH	"/ws/subscriber/flow"

int source_url_parse(struct str text, struct source_url *url, struct err *err)
{
	struct str rest;

	if (text.len == 0)
		return err_set(err, "must be set, for instance "
			       "ws://127.0.0.1:8082" FLOW_PATH);
	if (str_starts(text, STR("file://"))) {
		rest = str_skip(text, 7);
		if (rest.len == 0 || *rest.ptr != '/')
			return err_set(err, "\"" STR_FMT "\": a file is written with its "
				       "whole path, file:///path/to/recording.jsonl",
				       STR_ARG(text));
		*url = (struct source_url){ .scheme = SOURCE_FILE, .target = rest };
		return 0;
	}
	if (!str_starts(text, STR("ws://")))
		return err_set(err, "\"" STR_FMT "\" is not a source; write "
			       "ws://host:port" FLOW_PATH " or file:///path",
			       STR_ARG(text));
	rest = str_skip(text, 5);
	*url = (struct source_url){ .scheme = SOURCE_WS, .host = str_until(rest, '/') };
	url->target = str_skip(rest, url->host.len);
	if (url->target.len <= 1)
		url->target = STR(FLOW_PATH);
	if (url->host.len == 0 || memchr(url->host.ptr, '@', url->host.len))
		return err_set(err, "\"" STR_FMT "\" needs a host and no user; "
			       "credentials are analyzer.auth.cluster.username and "
			       "password", STR_ARG(text));
	return 0;
}
