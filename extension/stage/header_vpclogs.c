/* SPDX-License-Identifier: Apache-2.0 */
/* header_vpclogs.c - the object of IBM Cloud's VPC flow logs: what it is about,
 * and the records as flow_logs.
 *
 * The configured members stand beside ours, which win; all are sorted by name.
 * Times are those of this and the previous sealing, not of flows.
 */
#include <stdlib.h>
#include "format/time_text.h"
#include "stage/registry.h"

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

static int by_name(const void *a, const void *b)
{
	struct str x = ((const struct header_member *)a)->name;
	struct str y = ((const struct header_member *)b)->name;
	int order = memcmp(x.ptr, y.ptr, x.len < y.len ? x.len : y.len);

	return order ? order : (x.len > y.len) - (x.len < y.len);
}

static bool is_ours(const struct header_member *ours, size_t count, struct str name)
{
	while (count--)
		if (str_equal(ours[count].name, name))
			return true;
	return false;
}

static size_t vpclogs_members(const void *state, const struct object *about,
			      struct arena *arena, struct header_member **members)
{
	const struct vpclogs_header *self = state;
	const struct header_member ours[] = {
		{ .name = STR("version"), .text = STR("0.0.1") },
		{ .name = STR("capture_start_time"),
		  .text = time_member(arena, about->first_ms) },
		{ .name = STR("capture_end_time"),
		  .text = time_member(arena, about->last_ms) },
		{ .name = STR("number_of_flow_logs"),
		  .is_number = true,
		  .number = about->records },
		{ .name = STR("flow_logs"), .is_rows = true },
		{ .name = STR("state"), .text = STR("skip data") },
	};
	size_t count = sizeof(ours) / sizeof(ours[0]), i;
	struct header_member *all;

	all = arena_alloc(arena, (count + self->members.count) * sizeof(*all));
	*members = all;
	if (!all)
		return 0;
	memcpy(all, ours, sizeof(ours));
	for (i = 0; i < self->members.count; i++) {
		if (is_ours(ours, sizeof(ours) / sizeof(ours[0]), self->members.name[i]))
			continue;
		all[count++] = (struct header_member){
			.name = self->members.name[i],
			.text = self->members.value[i],
		};
	}
	qsort(all, count, sizeof(*all), by_name);
	return count;
}

const struct header header_vpclogs = {
	.stage = { .name = "vpclogs",
		   .section = "pipeline.storeheader.vpclogs",
		   .state = &vpclogs_header_shape },
	.members = vpclogs_members,
	.is_header = true,
};
