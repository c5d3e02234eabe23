/* SPDX-License-Identifier: Apache-2.0 */
/* header_vpclogs.c - the object of IBM Cloud's VPC flow logs: what it is about,
 * and the records as flow_logs.
 *
 * The configured members stand beside ours, which win; all are sorted by name.
 * Times are those of this and the previous sealing, not of flows.
 *
 * Around records of dialect ibm it is the header that IBM documents: its members
 * are all there, state tells whether flows of this time were lost, and
 * everything but the records is metadata of the object as well.
 */
#include <stdlib.h>
#include "format/time_text.h"
#include "stage/registry.h"
#include "stage/vpclogs.h"

struct vpclogs_header {
	struct map_of_str members;
};

static const struct shape vpclogs_header_shape = {
	.name = "vpclogs",
	.size = sizeof(struct vpclogs_header),
	.fields =
		(const struct field[]){
			OPTION(struct vpclogs_header, members, "*", 0,
			       "members of every object, for instance collector_crn"),
			{ 0 },
		},
};

static struct str time_member(struct arena *arena, int64_t unix_ms)
{
	char *text = arena_bytes(arena, TIME_TEXT_SIZE);

	return text ? time_text_rfc3339(text, unix_ms / 1000) : STR("");
}

static int vpclogs_header_by_name(const void *a, const void *b)
{
	struct str x = ((const struct header_member *)a)->name;
	struct str y = ((const struct header_member *)b)->name;
	int order = memcmp(x.ptr, y.ptr, x.len < y.len ? x.len : y.len);

	return order ? order : (x.len > y.len) - (x.len < y.len);
}

enum { OURS = 6 };

static void put_ours(struct header_member *ours, bool is_ibm, const struct object *about,
		     struct arena *arena)
{
	bool is_whole = is_ibm && !about->lost_flows;

	ours[0] = (struct header_member){ .name = STR("version"), .text = STR("0.0.1") };
	ours[1] = (struct header_member){
		.name = STR("capture_start_time"),
		.text = time_member(arena, about->first_ms),
	};
	ours[2] = (struct header_member){
		.name = STR("capture_end_time"),
		.text = time_member(arena, about->last_ms),
	};
	ours[3] = (struct header_member){
		.name = STR("number_of_flow_logs"),
		.is_number = true,
		.number = about->records,
	};
	ours[4] = (struct header_member){
		.name = STR("state"),
		.text = is_whole ? STR("ok") : STR("skip data"),
	};
	ours[5] = (struct header_member){ .name = STR("flow_logs"), .is_rows = true };
}

/* What IBM's header has and the configuration must say. */
static const struct {
	struct str name, fallback;
} ibm_members[] = {
	{ { "collector_crn", 13 }, { "", 0 } },
	{ { "attached_endpoint_type", 22 }, { "vnic", 4 } },
	{ { "network_interface_id", 20 }, { "", 0 } },
	{ { "instance_crn", 12 }, { "", 0 } },
	{ { "vpc_crn", 7 }, { "", 0 } },
};

#define IBM_MEMBERS (sizeof(ibm_members) / sizeof(*ibm_members))

static bool has_member(const struct header_member *members, size_t count, struct str name)
{
	while (count--)
		if (str_equal(members[count].name, name))
			return true;
	return false;
}

static size_t vpclogs_members(const void *state, struct str record,
			      const struct object *about, struct arena *arena,
			      struct header_member **members)
{
	const struct vpclogs_header *self = state;
	bool is_ibm = str_is(record, vpclogs_ibm_shape.name);
	struct header_member *all;
	size_t count = OURS, i;

	all = arena_alloc(arena,
			  (OURS + IBM_MEMBERS + self->members.count) * sizeof(*all));
	*members = all;
	if (!all)
		return 0;
	put_ours(all, is_ibm, about, arena);
	for (i = 0; i < self->members.count; i++)
		if (!has_member(all, OURS, self->members.name[i]))
			all[count++] = (struct header_member){
				.name = self->members.name[i],
				.text = self->members.value[i],
			};
	for (i = 0; is_ibm && i < IBM_MEMBERS; i++)
		if (!has_member(all, count, ibm_members[i].name))
			all[count++] = (struct header_member){
				.name = ibm_members[i].name,
				.text = ibm_members[i].fallback,
			};
	for (i = 0; i < count; i++)
		all[i].is_metadata = is_ibm && !all[i].is_rows;
	qsort(all, count, sizeof(*all), vpclogs_header_by_name);
	return count;
}

const struct header header_vpclogs = {
	.stage = { .name = "vpclogs",
		   .section = "pipeline.storeheader.vpclogs",
		   .state = &vpclogs_header_shape },
	.members = vpclogs_members,
	.is_header = true,
};
