/* SPDX-License-Identifier: Apache-2.0 */
/* load.h - loads a shared object that is an extension, for hosts. */
#ifndef HOST_LOAD_H
#define HOST_LOAD_H

#include "skydive/extension.h"

/* Of major version 1; it has what was in 1.0. Never unloaded. NULL: the reason is in
 * why, which has that size. */
const struct skydive_extension *load_extension(const char *path, char *why, size_t size);

#endif
