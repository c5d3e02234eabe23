/* SPDX-License-Identifier: Apache-2.0 */
/* compress_none.c - bytes stay as they are. */
#include "stage/registry.h"

const struct compress compress_none = {
	.stage = { .name = "none" },
};
