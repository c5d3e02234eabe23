/* SPDX-License-Identifier: Apache-2.0 */
/* secret.h - a secret that is given, or kept in a file that may change.
 *
 * A file holds one secret, white space around it aside. A relative name is
 * looked up in $CREDENTIALS_DIRECTORY first, which systemd sets for services
 * with LoadCredential=. When a file cannot be read any more the last secret
 * stays in use. Secrets are overwritten before their memory is given up.
 *
 * Not for several threads at once.
 */
#ifndef SYS_SECRET_H
#define SYS_SECRET_H

#include <stdint.h>
#include <sys/stat.h>
#include "base/err.h"
#include "base/str.h"

#define SECRET_MAX 4096 /* bytes */

struct secret {
	char *path;  /* NULL: given */
	char *value; /* NUL-terminated; NULL: none */
	size_t len;
	struct stat seen;   /* the file when it was read */
	int64_t checked_ms; /* monotonic, for the last time */
	struct err problem; /* why the file cannot be read now, or "" */
};

/* At most one of the two is not empty; both are copied. 0, -ENOMEM, or the
 * -errno of the file, which err names. Nothing is to be closed after an error. */
int secret_open(struct secret *, struct str given, struct str file, int64_t mono_ms,
		struct err *);
void secret_close(struct secret *); /* also one that is zeroed */

/* Looks at the file, once a second at most. true: there is another secret. */
bool secret_refresh(struct secret *, int64_t mono_ms);
/* Empty when nothing was given. Borrowed; until the next refresh. */
struct str secret_value(const struct secret *);

/* A variable of the environment; empty when it is not set. Borrowed. */
struct str secret_environment(const char *name);

#endif
