/* SPDX-License-Identifier: Apache-2.0 */
/* stages.c - see stages.h. */
#include <errno.h>
#include "stages.h"

static const char text[] = "pipeline:\n"
			   "  classify:\n"
			   "    cluster_net_masks: [172.17.0.0/16, 'fd00:10::/64']\n"
			   "  filter: {excluded_tags: [internal]}\n"
			   "  transform: {type: vpclogs}\n"
			   "  storeheader:\n"
			   "    type: vpclogs\n"
			   "    vpclogs: {collector: me, num: 5}\n"
			   "  encode: {type: json, json: {pretty: true}}\n"
			   "  compress: {type: %s}\n";

int stages_open(struct stages *s, const char *compress)
{
	struct buf config = BUF_INIT(4096);
	int error;

	*s = (struct stages){
		.config = config_new(),
		.arena = ARENA_INIT(1 << 20),
		.problems = PROBLEMS_INIT,
	};
	buf_printf(&config, text, compress);
	error = s->config ? buf_error(&config) : -ENOMEM;
	if (!error)
		error = config_add(s->config, "a.yml", buf_str(&config), false,
				   &s->problems);
	if (!error)
		stage_set_read(&s->set, s->config, &s->arena, &s->problems);
	buf_fini(&config);
	return error ? error : s->problems.count ? -EINVAL : 0;
}

void stages_close(struct stages *s)
{
	stage_set_fini(&s->set);
	config_free(s->config);
	arena_fini(&s->arena);
	problems_fini(&s->problems);
}
