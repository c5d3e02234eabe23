/* SPDX-License-Identifier: Apache-2.0 */
/* time_text.h - points in time as text, always UTC.
 *
 * The proleptic Gregorian calendar. A year outside of 0 to 9999 is written in full.
 */
#ifndef FORMAT_TIME_TEXT_H
#define FORMAT_TIME_TEXT_H

#include "base/buf.h"

/* Seconds of Go's zero time, 0001-01-01T00:00:00Z. */
#define TIME_TEXT_GO_ZERO (-62135596800)

/* Room for time_text_rfc3339() of any time, the NUL included. */
#define TIME_TEXT_SIZE 40

/* The same as time_put_rfc3339(), into TIME_TEXT_SIZE bytes; years of other than four
 * digits are written in full. */
struct str time_text_rfc3339(char *text, int64_t unix_seconds);
/* 2019-02-26T16:47:05Z */
void time_put_rfc3339(struct buf *, int64_t unix_seconds);
/* 2019-02-26T16:47:05.123456Z: as many digits as are not zero, as Go does. */
void time_put_rfc3339_nanos(struct buf *, int64_t unix_seconds, int32_t nanos);
/* Such a text, also with an offset ("+01:00") in place of the Z, and with a year of any
 * digits. false: it is none, or no such day or time; a leap second is the one after it. */
bool time_read_rfc3339(struct str, int64_t *unix_seconds, int32_t *nanos);
/* 20190226T164705Z */
void time_put_basic(struct buf *, int64_t unix_seconds);

#endif
