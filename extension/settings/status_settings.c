/* SPDX-License-Identifier: Apache-2.0 */
/* status_settings.c - see status_settings.h. */
#include <errno.h>
#include <stdio.h>
#include "net/socket_address.h"
#include "settings/status_settings.h"

#define MONTH_MS ((int64_t)30 * 24 * 3600 * 1000)

static const struct status_settings status_defaults = {
	.pending_warning_ms = 15 * 60 * 1000,
};

const struct shape status_shape = {
	.name = "status",
	.size = sizeof(struct status_settings),
	.defaults = &status_defaults,
	.fields =
		(const struct field[]){
			OPTION(struct status_settings, listen, "status.listen", 0,
			       "unix:/path or host:port of the status server; \"\": none"),
			OPTION_RANGE(struct status_settings, pending_warning_ms,
				     "status.pending_warning", FIELD_DURATION, 1000,
				     MONTH_MS,
				     "how long an object may wait for its store before "
				     "that is a trouble"),
			{ 0 } },
};

int status_settings_read(struct status_settings *s, const struct config *config,
			 struct arena *arena, struct problems *problems)
{
	struct err err = ERR_INIT;

	*s = status_defaults;
	if (config_read(config, "", &status_shape, s, arena, problems))
		return -EINVAL;
	/* Without the key there is no string at all. */
	s->is_default = !s->listen.ptr;
	if (s->is_default)
		s->listen = STR(STATUS_LISTEN);
	if (s->listen.len == 0 || listen_address_check(s->listen.ptr, &err) == 0)
		return 0;
	snprintf(err.key, sizeof(err.key), "status.listen");
	config_problem(config, "", &err, problems);
	return -EINVAL;
}
