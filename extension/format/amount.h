/* SPDX-License-Identifier: Apache-2.0 */
/* amount.h - numbers as a person reads them at a glance.
 */
#ifndef FORMAT_AMOUNT_H
#define FORMAT_AMOUNT_H

#include <stdint.h>

#define AMOUNT_TEXT_MAX 16

/* Format a number into the caller's buffer, and return that. */
const char *amount_count(char text[AMOUNT_TEXT_MAX], int64_t n); /* 1234, 123k, 12.3M */
const char *amount_size(char text[AMOUNT_TEXT_MAX], int64_t bytes); /* 512 B, 1.5 KiB */
/* 119s, 2m, 47h, 2d; "-" below 0. */
const char *amount_age(char text[AMOUNT_TEXT_MAX], int64_t s);

#endif
