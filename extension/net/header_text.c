/* SPDX-License-Identifier: Apache-2.0 */
/* header_text.c - see header_text.h. */
#include "net/header_text.h"

bool header_text_fits(struct str s)
{
	size_t i;

	for (i = 0; i < s.len; i++)
		if ((unsigned char)s.ptr[i] < 0x20 || s.ptr[i] == 0x7f)
			return false;
	return true;
}
