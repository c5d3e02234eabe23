/* SPDX-License-Identifier: Apache-2.0 */
/* row_numbers.h - some rows of an object, by their numbers.
 */
#ifndef WRITER_ROW_NUMBERS_H
#define WRITER_ROW_NUMBERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct row_numbers {
	int64_t *item;
	size_t count, room;
	size_t at; /* the next one, for who goes through them */
};

/* At the end. 0 or -ENOMEM. */
int row_numbers_add(struct row_numbers *, int64_t number);
/* Ascending; then the first is the next one. */
void row_numbers_sort(struct row_numbers *);
/* Sorted ones. */
bool row_numbers_have(const struct row_numbers *, int64_t number);
/* Removes from sorted ones those of others, which are sorted. */
void row_numbers_subtract(struct row_numbers *, const struct row_numbers *others);
void row_numbers_fini(struct row_numbers *);

#endif
