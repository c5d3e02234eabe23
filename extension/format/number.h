/* SPDX-License-Identifier: Apache-2.0 */
/* number.h - numbers as people write them in configuration files.
 *
 * Whole numbers follow Go's strconv.ParseInt with base 0: "12", "-0x1F",
 * "0o17", "0b11", and "017" is octal. Durations and sizes are decimal and may
 * carry a unit. Nothing here accepts blanks.
 *
 * Parsing returns 0, -EINVAL: not such a number, or -ERANGE: it is, but does
 * not fit 64 bits.
 */
#ifndef FORMAT_NUMBER_H
#define FORMAT_NUMBER_H

#include "base/buf.h"

int number_parse(struct str, int64_t *);
/* As YAML 1.1 writes them: "1.5", ".5", "1.", "1e3"; not hexadecimal, not infinite. At
 * most 127 bytes. */
int number_parse_float(struct str, double *);

/* "90" and "90s", "500ms", "5m", "2h", "7d", in milliseconds. */
int number_parse_duration(struct str, int64_t *ms);
/* "65536" and "65536B", "64KiB" ... "1TiB" of 1024, "64kB" ... "1TB" of 1000; case is
 * ignored. */
int number_parse_size(struct str, int64_t *bytes);

/* The shortest digits that read back as the same number, never with an
 * exponent: strconv.FormatFloat(x, 'f', -1, 64) of Go. */
void number_put_float(struct buf *, double);
/* The same digits, from a million on and below 0.0001 with an exponent of at
 * least two digits: strconv.FormatFloat(x, 'g', -1, 64), as in Prometheus' text. */
void number_put_double(struct buf *, double);
/* In the largest unit that leaves a whole number. */
void number_put_duration(struct buf *, int64_t ms);
void number_put_size(struct buf *, int64_t bytes);

#endif
