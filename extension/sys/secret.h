/* SPDX-License-Identifier: Apache-2.0 */
/* secret.h - a secret: a value, or a file that may change.
 *
 * A file holds one secret; white space around it is ignored. A relative name is looked
 * up in $CREDENTIALS_DIRECTORY first, which systemd sets for services with
 * LoadCredential=. When a file can no longer be read the last secret stays in use.
 * Secrets are overwritten before their memory is freed.
 *
 * One thread at a time.
 */
#ifndef SYS_SECRET_H
#define SYS_SECRET_H

#include <stdint.h>
#include <sys/stat.h>
#include "base/err.h"
#include "base/str.h"

#define SECRET_MAX 4096 /* bytes */

struct secret {
	char *path;  /* NULL: the value was given */
	char *value; /* NUL-terminated; NULL: none */
	size_t len;
	struct stat seen;   /* the file when it was read */
	int64_t checked_ms; /* the last check, monotonic */
	struct err problem; /* why the file cannot be read now, or "" */
};

/* At most one of the two is not empty; both are copied. 0, -ENOMEM, or the -errno of
 * the file, which err names. After an error it must not be closed. */
int secret_open(struct secret *, struct str given, struct str file, int64_t mono_ms,
		struct err *);
void secret_close(struct secret *); /* also one that is zeroed */

/* Checks the file, at most once a second. true: the secret has changed. */
bool secret_refresh(struct secret *, int64_t mono_ms);
/* Empty when there is none. Borrowed; until the next refresh. */
struct str secret_value(const struct secret *);

/* A blank or the end of a line at an end of a text that the configuration holds: it was
 * pasted with it. */
bool secret_has_blank_end(struct str);
#define SECRET_BLANK_REASON                                                              \
	"it begins or ends with a blank or the end of a line, which belongs to no "      \
	"secret: was it pasted?"

/* A variable of the environment; empty when it is not set. Borrowed. */
struct str secret_environment(const char *name);

#endif
