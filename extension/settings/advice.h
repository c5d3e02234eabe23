/* SPDX-License-Identifier: Apache-2.0 */
/* advice.h - warnings about settings that are correct: secrets that are sent without
 * encryption, users that are not sent where one may expect it, and questions that only
 * the analyzer can answer.
 */
#ifndef SETTINGS_ADVICE_H
#define SETTINGS_ADVICE_H

#include "settings/settings.h"

/* To be called while the pipelines' configs exist. Advice about the main file is given
 * once, however many drop-ins inherit from it. */
void advice_put(const struct settings *, struct problems *advice);

#endif
