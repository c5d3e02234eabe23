/* SPDX-License-Identifier: Apache-2.0 */
/* check_captures.h - checks that the captures that pipelines name exist.
 *
 * Skydive's REST: GET /api/capture answers with an object whose keys are the ids.
 */
#ifndef COMMAND_CHECK_CAPTURES_H
#define COMMAND_CHECK_CAPTURES_H

#include "net/http.h"
#include "settings/settings.h"

/* Gets the list of captures from an analyzer and calls say for each pipeline with a
 * capture_id; why is NULL if the capture exists. If no analyzer answers say is not
 * called: that is checked elsewhere. false: a capture does not exist. Waits for a
 * bounded time. */
bool check_captures(const struct settings *, struct http *,
		    bool (*say)(bool is_fine, const char *what, struct str which,
				const char *why));

#endif
