/* SPDX-License-Identifier: Apache-2.0 */
/* err.c - see err.h. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include "base/err.h"

int err_set(struct err *err, const char *fmt, ...)
{
	va_list args;

	if (!err)
		return -EINVAL;
	err->key[0] = '\0';
	va_start(args, fmt);
	vsnprintf(err->text, sizeof(err->text), fmt, args);
	va_end(args);
	return -EINVAL;
}

int err_set_key(struct err *err, const char *key, const char *fmt, ...)
{
	va_list args;

	if (!err)
		return -EINVAL;
	snprintf(err->key, sizeof(err->key), "%s", key);
	va_start(args, fmt);
	vsnprintf(err->text, sizeof(err->text), fmt, args);
	va_end(args);
	return -EINVAL;
}

void err_also(struct err *err)
{
	if (!err || !err->text[0])
		return;
	if (err->hear)
		err->hear(err->context, err);
	err->text[0] = err->key[0] = '\0';
}

void err_prefix(struct err *err, const char *fmt, ...)
{
	char rest[sizeof(err->text)];
	va_list args;
	size_t used;

	if (!err)
		return;
	memcpy(rest, err->text, sizeof(rest));
	va_start(args, fmt);
	vsnprintf(err->text, sizeof(err->text), fmt, args);
	va_end(args);
	used = strlen(err->text);
	snprintf(err->text + used, sizeof(err->text) - used, ": %s", rest);
}
