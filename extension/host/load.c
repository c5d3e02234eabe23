/* SPDX-License-Identifier: Apache-2.0 */
/* load.c - see load.h. */
#include <dlfcn.h>
#include <stdio.h>
#include "host/load.h"

/* Of 1.0. */
#define SIZE_MIN (offsetof(struct skydive_extension, command) + sizeof(void (*)(void)))

const struct skydive_extension *load_extension(const char *path, char *why, size_t size)
{
	void *object = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	const struct skydive_extension *extension;

	if (!object) {
		snprintf(why, size, "%s", dlerror());
		return NULL;
	}
	extension = dlsym(object, SKYDIVE_EXTENSION_SYMBOL);
	if (extension && extension->size >= SIZE_MIN)
		return extension;
	if (extension)
		snprintf(why, size, "%s is older than every version that is known", path);
	else
		snprintf(why, size,
			 "%s is not an extension of this version: it has no %s", path,
			 SKYDIVE_EXTENSION_SYMBOL);
	return NULL;
}
