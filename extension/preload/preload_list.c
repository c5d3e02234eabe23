/* SPDX-License-Identifier: Apache-2.0 */
/* preload_list.c - see preload_list.h. */
#include <stdbool.h>
#include <string.h>
#include "preload/preload_list.h"

#define VARIABLE "LD_PRELOAD="
#define GAPS	 ": "

static bool is_named(const char *file, size_t length, const char *name)
{
	size_t of_name = strlen(name);

	return length >= of_name && memcmp(file + length - of_name, name, of_name) == 0 &&
	       (length == of_name || file[length - of_name - 1] == '/');
}

/* Returns how long it is then. */
static size_t remove_files(char *list, const char *name)
{
	char *to = list, *at = list;

	while (*at) {
		size_t gap = strspn(at, GAPS);
		size_t length = strcspn(at + gap, GAPS);

		if (length && !is_named(at + gap, length, name)) {
			if (to > list)
				*to++ = ':';
			memmove(to, at + gap, length);
			to += length;
		}
		at += gap + length;
	}
	*to = '\0';
	return (size_t)(to - list);
}

void preload_list_remove(char **environment, const char *name)
{
	char **to = environment;

	for (; *environment; environment++)
		if (strncmp(*environment, VARIABLE, strlen(VARIABLE)) != 0 ||
		    remove_files(*environment + strlen(VARIABLE), name))
			*to++ = *environment;
	*to = NULL;
}
