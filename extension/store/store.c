/* SPDX-License-Identifier: Apache-2.0 */
/* store.c - the table of writers. */
#include "store/store.h"

const struct store *const store_all[] = { &store_s3, &store_file, &store_stdout, NULL };

const struct store *store_find(struct str name)
{
	const struct store *const *store;

	for (store = store_all; *store; store++)
		if (str_is(name, (*store)->name))
			return *store;
	return NULL;
}
