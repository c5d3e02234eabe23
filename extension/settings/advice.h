/* SPDX-License-Identifier: Apache-2.0 */
/* advice.h - what is right in the files, and should be said all the same: secrets that
 * can be read on their way, and users that are not sent where somebody may expect it.
 */
#ifndef SETTINGS_ADVICE_H
#define SETTINGS_ADVICE_H

#include "settings/settings.h"

/* While the pipelines' configs are there. What stands in the main file is said once,
 * however many drop-ins have it. */
void advice_put(const struct settings *, struct problems *advice);

#endif
