/* SPDX-License-Identifier: Apache-2.0 */
/* err.h - the reason of a failure, for a person to read.
 *
 * The last parameter of functions whose failures are shown to a user. It has a fixed
 * size and allocates nothing. It is unchanged on success, so one err serves a series of
 * calls.
 *
 * A function that finds several reasons calls err_also() before each further one. If
 * the caller has set hear, that gets all reasons but the last, which stays in the err.
 */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#include <stdbool.h>

struct err {
	char text[1024];
	char key[128]; /* the configuration key it is about, or "" */
	void (*hear)(void *context, const struct err *); /* or NULL */
	void *context;
};

#define ERR_INIT                                                                         \
	{                                                                                \
		.text = ""                                                               \
	}

/* Replaces the text. Returns -EINVAL, so that "return err_set(...)" fits. A
 * NULL err is fine: nobody will read it. */
int err_set(struct err *, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* The same about one key of the section that is being read, for instance
 * "max_flows_per_object", or "cluster_net_masks[2]" for an item of a list: the
 * reader of the configuration adds the file and the line. */
int err_set_key(struct err *, const char *key, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* Hands on the reason that is there, if there is one, and makes room for another. */
void err_also(struct err *);
/* Puts "prefix: " before what is there. */
void err_prefix(struct err *, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
