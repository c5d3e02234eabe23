/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_template.c - a template of queries, rendered for two flows. */
#include <errno.h>
#include "flow/flow.h"
#include "format/template.h"
#include "fuzz.h"

static struct flow_layer network = { PROTOCOL_IPV4, { "10.0.0.1", 8 }, { "it's", 4 }, 1 };
static const struct flow empty = { .uuid = { "", 0 } };
static const struct flow full = {
	.uuid = { "uuid", 4 },
	.network = &network,
	.node_tid = { "tid", 3 },
	.start = -1,
};

static void render(const struct template *template, const struct flow *flow)
{
	struct buf once = BUF_INIT(FUZZ_MEMORY), twice = BUF_INIT(FUZZ_MEMORY);
	int error = template_render(template, flow, "'", &once);

	fuzz_check(!error || error == -ENOENT || error == -EILSEQ,
		   "a value is there, or not, or forbidden");
	fuzz_check(template_render(template, flow, "'", &twice) == error &&
			   str_equal(buf_str(&once), buf_str(&twice)),
		   "the same record gives the same text");
	buf_fini(&once);
	buf_fini(&twice);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct err err = ERR_INIT;
	struct template *template = template_new(fuzz_str(data, size), &flow_shape, &err);

	fuzz_check(!template == !!*err.text, "whoever fails says why");
	if (template) {
		render(template, &empty);
		render(template, &full);
	}
	template_free(template);
	return 0;
}
