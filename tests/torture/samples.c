/* SPDX-License-Identifier: Apache-2.0 */
/* samples.c - see samples.h; made once, without the allocator. */
#include <stdio.h>
#include <stdlib.h>
#include "samples.h"
#include "tests/unit/flows.h"

#define TEXT_MAX (1 << 18)
#define ROUNDS	 12 /* so that memory grows in the middle of a flow */

/* A bad one of each kind, and one with escapes, a raw layer and a blank. */
static const char others[] =
	",null,{\"Start\":\"x\"},{\"Network\":{\"Protocol\":\"NONE\"}},{\"Start\":1.5},"
	" {\"UUID\":\"\\u00e9\\n\",\"Application\":\"a\\\\b\",\"DNS\":{\"ID\":[1,\"x\"]}}]}";

struct str sample_message(void)
{
	static char text[TEXT_MAX];
	size_t len;
	int i;

	len = (size_t)
		snprintf(text, TEXT_MAX,
			 "{\"Namespace\":\"fl\\u006fw\",\"Type\":\"store\",\"Obj\":[");
	for (i = 0; i < ROUNDS * FLOW_COUNT; i++)
		len += (size_t)snprintf(text + len, TEXT_MAX - len, "%s%s", i ? "," : "",
					sample_flows[i % FLOW_COUNT].json);
	len += (size_t)snprintf(text + len, TEXT_MAX - len, "%s", others);
	return (struct str){ text, len };
}

static size_t put_hex(char *to, const char *hex)
{
	char pair[3] = "";
	size_t len;

	for (len = 0; hex[2 * len]; len++) {
		memcpy(pair, hex + 2 * len, 2);
		to[len] = (char)strtoul(pair, NULL, 16);
	}
	return len;
}

struct str sample_datagram(void)
{
	static char text[TEXT_MAX], flow[TEXT_MAX];
	size_t len = 0, size;
	int i;

	for (i = 0; i < ROUNDS * FLOW_COUNT; i++) {
		size = put_hex(flow, sample_flows[i % FLOW_COUNT].protobuf);
		text[len++] = 0x0a;
		text[len++] = (char)(0x80 | (size & 0x7f));
		text[len++] = (char)(size >> 7);
		memcpy(text + len, flow, size);
		len += size;
	}
	return (struct str){ text, len };
}
