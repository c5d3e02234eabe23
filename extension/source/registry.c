/* SPDX-License-Identifier: Apache-2.0 */
/* registry.c - see registry.h. */
#include <errno.h>
#include "base/buf.h"
#include "source/registry.h"

#define URL_KEY "pipeline.subscriber.url"

const struct source *const source_all[] = {
	&source_flow_stream, &source_datagram, &source_recording, &source_kafka, NULL,
};

/* An example, and the schemes of all others. */
static int unknown_scheme(struct str text, struct err *err)
{
	const struct source *const *source;
	const struct url_scheme *scheme;
	struct buf others = BUF_INIT(1024), shown = BUF_INIT(1024);

	for (source = source_all; *source; source++)
		for (scheme = (*source)->schemes; scheme->name; scheme++)
			if (scheme != source_all[0]->schemes)
				buf_printf(&others, "%s%s://", others.len ? ", " : "",
					   scheme->name);
	url_put_shown(&shown, text);
	err_set(err, "\"" STR_FMT "\" is not a source; write %s, or " STR_FMT,
		STR_ARG(buf_str(&shown)), source_all[0]->example,
		STR_ARG(buf_str(&others)));
	buf_fini(&shown);
	buf_fini(&others);
	return -EINVAL;
}

int source_find(struct str text, const struct source **found, struct url *url,
		struct err *err)
{
	const struct source *const *source;
	const struct url_scheme *scheme;

	if (text.len == 0)
		return err_set(err, "must be set, for instance %s",
			       source_all[0]->example);
	for (source = source_all; *source; source++) {
		scheme = url_scheme_find((*source)->schemes, text);
		if (!scheme)
			continue;
		*found = *source;
		return url_parse(text, scheme, URL_KEY, url, err);
	}
	return unknown_scheme(text, err);
}
