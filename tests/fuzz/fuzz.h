/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz.h - a parser of foreign bytes, given any bytes.
 *
 * Each fuzz_NAME.c is one target. libFuzzer calls it with what it makes up
 * (make fuzz), replay.c with the files of a corpus (make test). A target checks
 * more than survival: what holds for any input is said by fuzz_check().
 */
#ifndef FUZZ_H
#define FUZZ_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include "base/buf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define FUZZ_MEMORY ((size_t)1 << 30)

static inline struct str fuzz_str(const uint8_t *data, size_t size)
{
	return (struct str){ (const char *)data, size };
}

/* Ends the program unless it holds; rule says what was expected. */
static inline void fuzz_check(bool holds, const char *rule)
{
	if (holds)
		return;
	fprintf(stderr, "broken: %s\n", rule);
	abort();
}

/* Looks at every byte, so that a sanitizer sees which ones are not there. */
static inline void fuzz_touch(struct str s)
{
	static volatile unsigned char sum;
	size_t i;

	for (i = 0; i < s.len; i++)
		sum = (unsigned char)(sum + (unsigned char)s.ptr[i]);
}

/* Text for a log or a terminal: one line, no control characters. */
static inline void fuzz_check_line(const char *text)
{
	for (; *text; text++)
		fuzz_check((unsigned char)*text >= 0x20 && *text != 0x7f,
			   "a message is one printable line");
}

#endif
