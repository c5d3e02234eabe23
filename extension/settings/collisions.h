/* SPDX-License-Identifier: Apache-2.0 */
/* collisions.h - pipelines that cannot run beside each other: those that would write
 * under the same keys, and those that want one connection to differ.
 */
#ifndef SETTINGS_COLLISIONS_H
#define SETTINGS_COLLISIONS_H

#include "settings/settings.h"

/* Says what collides, and marks the later one of two as bad. */
void collisions_check(struct settings *, struct problems *);

#endif
