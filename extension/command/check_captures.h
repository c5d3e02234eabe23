/* SPDX-License-Identifier: Apache-2.0 */
/* check_captures.h - whether the captures that pipelines name are there.
 *
 * Skydive's REST: GET /api/capture answers with an object whose keys are the ids.
 */
#ifndef COMMAND_CHECK_CAPTURES_H
#define COMMAND_CHECK_CAPTURES_H

#include "net/http.h"
#include "settings/settings.h"

/* Calls say for each pipeline with a capture_id once an analyzer has told which there
 * are; why is NULL when it is among them. Nothing is said when none tells: whether it
 * answers at all is tried elsewhere. false: one is not there. Waits for a bounded
 * time. */
bool check_captures(const struct settings *, struct http *,
		    bool (*say)(bool is_fine, const char *what, struct str which,
				const char *why));

#endif
