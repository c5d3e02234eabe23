/* SPDX-License-Identifier: Apache-2.0 */
/* flow_stream_options.c - what may be set of a flow stream, and what is asked of the
 * analyzer because of it. See flow_stream.h.
 */
#include "source/flow_stream_private.h"

#define MESSAGE_MAX ((size_t)64 << 20)

const struct flow_stream_options flow_stream_defaults = { .starvation_ms = 35000 };

static const char *const protocol_names[] = { "protobuf", "json", NULL };

const struct shape flow_stream_shape = {
	.name = "subscriber",
	.size = sizeof(struct flow_stream_options),
	.fields =
		(const struct field[]){
			OPTION_ENUM(struct flow_stream_options, protocol, "protocol", 0,
				    protocol_names, "framing of the websocket"),
			OPTION_RANGE(
				struct flow_stream_options, starvation_ms,
				"starvation_timeout", FIELD_DURATION, 0, 86400000,
				"longest silence before the subscription is renewed; a "
				"stream that is never silent for so long is renewed sooner; "
				"0: off"),
			{ 0 },
		},
	.defaults = &flow_stream_defaults,
};

void flow_stream_ask(const struct source_parts *parts, struct session_options *ask)
{
	static const char *const namespaces[] = { "flow", "stats", NULL };
	const struct flow_stream_options *options = parts->options;

	*ask = (struct session_options){
		.url = parts->url,
		.identity = parts->identity,
		.protocol = protocol_names[options->protocol],
		.namespaces = namespaces,
		.message_max = MESSAGE_MAX,
		.piece_max = MESSAGE_MAX,
		.what = "source",
		.log = parts->log,
	};
}
