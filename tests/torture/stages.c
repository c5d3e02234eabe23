/* SPDX-License-Identifier: Apache-2.0 */
/* stages.c - see stages.h. */
#include <errno.h>
#include "stages.h"

#define MASKS                                                                            \
	"  classify: {cluster_net_masks: [172.17.0.0/16, 'fd00:10::/64']}\n"             \
	"  filter: {excluded_tags: [internal]}\n"

const char stages_vpclogs[] = MASKS "  transform: {type: vpclogs}\n"
				    "  storeheader:\n"
				    "    type: vpclogs\n"
				    "    vpclogs: {collector: me, num: 5}\n";

const char stages_action[] = MASKS
	"  transform: {type: vpclogs}\n"
	"  mangle: {type: action}\n"
	"  action: {tid1: 3a6a1f3e-2f3b-5f51-9c4e-0d1c6f6b7a10, tid2: two}\n";

const char stages_secadvisor[] = MASKS
	"  transform:\n"
	"    type: secadvisor\n"
	"    secadvisor:\n"
	"      extend: [\"Host=G.V().Has('a','{{.Network.A}}').Values('Host')\"]\n"
	"  mangle: {type: logstatus}\n"
	"  encode: {type: secadvisor}\n";

const char stages_aws[] = MASKS
	"  transform: {type: awsflowlogs, awsflowlogs: {version: 3}}\n"
	"  encode: {type: csv}\n";

int stages_open(struct stages *s, const char *which, const char *compress)
{
	struct buf config = BUF_INIT(4096);
	int error;

	*s = (struct stages){
		.config = config_new(),
		.arena = ARENA_INIT(1 << 20),
		.problems = PROBLEMS_INIT,
	};
	buf_printf(&config, "pipeline:\n%s  compress: {type: %s}\n", which, compress);
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
