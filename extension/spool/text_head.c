/* SPDX-License-Identifier: Apache-2.0 */
/* text_head.c - see text_head.h. */
#include <stdio.h>
#include <string.h>
#include "base/crc32c.h"
#include "spool/text_head.h"

static void put_sum(const char *text, char sum[TEXT_HEAD_SUM + 1])
{
	snprintf(sum, TEXT_HEAD_SUM + 1, "%08x\n",
		 crc32c(0, (struct str){ text, TEXT_HEAD_TEXT }));
}

void text_head_write(struct str text, char *to)
{
	char sum[TEXT_HEAD_SUM + 1];

	memset(to, ' ', TEXT_HEAD_TEXT);
	memcpy(to, text.ptr, text.len);
	put_sum(to, sum);
	memcpy(to + TEXT_HEAD_TEXT, sum, TEXT_HEAD_SUM);
}

bool text_head_is_whole(const char *from)
{
	char sum[TEXT_HEAD_SUM + 1];

	put_sum(from, sum);
	return memcmp(from + TEXT_HEAD_TEXT, sum, TEXT_HEAD_SUM) == 0;
}
