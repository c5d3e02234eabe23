/* SPDX-License-Identifier: Apache-2.0 */
/* settings_layouts.h - how keys were called in older layouts of the Go flow
 * exporter's files.
 */
#ifndef SETTINGS_SETTINGS_LAYOUTS_H
#define SETTINGS_SETTINGS_LAYOUTS_H

#include "config/config_rename.h"

extern const struct config_rename settings_layouts[];

#endif
