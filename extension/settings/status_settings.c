/* SPDX-License-Identifier: Apache-2.0 */
/* status_settings.c - see status_settings.h. */
#include <errno.h>
#include <stdio.h>
#include "net/address.h"
#include "settings/status_settings.h"

const struct shape status_shape = {
	.name = "status",
	.size = sizeof(struct status_settings),
	.fields =
		(const struct field[]){
			OPTION(struct status_settings, listen, "status.listen", 0,
			       "unix:/path or host:port of the status server; \"\": none"),
			{ 0 } },
};

int status_settings_read(struct status_settings *s, const struct config *config,
			 struct arena *arena, struct problems *problems)
{
	struct err err = ERR_INIT;

	*s = (struct status_settings){ .is_default = false };
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
