/* SPDX-License-Identifier: Apache-2.0 */
/* row_numbers.c - see row_numbers.h. */
#include <errno.h>
#include <stdlib.h>
#include "base/grow.h"
#include "writer/row_numbers.h"

static int by_number(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return x < y ? -1 : x > y;
}

int row_numbers_add(struct row_numbers *numbers, int64_t number)
{
	if (!grow(numbers->item, numbers->room, numbers->count + 1))
		return -ENOMEM;
	numbers->item[numbers->count++] = number;
	return 0;
}

void row_numbers_sort(struct row_numbers *numbers)
{
	if (numbers->count)
		qsort(numbers->item, numbers->count, sizeof(*numbers->item), by_number);
	numbers->at = 0;
}

bool row_numbers_have(const struct row_numbers *numbers, int64_t number)
{
	return numbers->count && bsearch(&number, numbers->item, numbers->count,
					 sizeof(*numbers->item), by_number);
}

void row_numbers_subtract(struct row_numbers *numbers, const struct row_numbers *others)
{
	size_t i, kept = 0;

	for (i = 0; i < numbers->count; i++)
		if (!row_numbers_have(others, numbers->item[i]))
			numbers->item[kept++] = numbers->item[i];
	numbers->count = kept;
}

void row_numbers_fini(struct row_numbers *numbers)
{
	free(numbers->item);
}
