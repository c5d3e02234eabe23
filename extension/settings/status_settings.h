/* SPDX-License-Identifier: Apache-2.0 */
/* status_settings.h - the keys "status" of the main file.
 */
#ifndef SETTINGS_STATUS_SETTINGS_H
#define SETTINGS_STATUS_SETTINGS_H

#include "config/config.h"

/* The default of status.listen. */
#define STATUS_LISTEN "unix:/run/skydive-exporter/status.sock"

struct status_settings {
	struct str listen; /* see net/socket_address.h; empty: off */
	bool is_default;   /* listen was not configured */
	int64_t pending_warning_ms;
};

extern const struct shape status_shape;

/* The string lives in the arena, or is constant; it ends with a NUL. What is
 * wrong goes to problems, and then -EINVAL is returned. */
int status_settings_read(struct status_settings *, const struct config *, struct arena *,
			 struct problems *);

#endif
