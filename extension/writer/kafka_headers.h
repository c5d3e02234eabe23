/* SPDX-License-Identifier: Apache-2.0 */
/* kafka_headers.h - which headers messages have: those that an option names, or all. Each
 * costs memory of a message and time at both ends.
 */
#ifndef WRITER_KAFKA_HEADERS_H
#define WRITER_KAFKA_HEADERS_H

#include <stdbool.h>
#include "base/err.h"
#include "base/str.h"

enum kafka_header { HEADER_TENANT, HEADER_TAG, HEADER_FORMAT, HEADER_ID, HEADERS };

/* Its name. */
struct str kafka_header_name(enum kafka_header);
/* The option: 0, or -EINVAL with the reason and its key. */
int kafka_headers_check(const struct strs *option, struct err *);
bool kafka_headers_have(const struct strs *option, enum kafka_header);
/* Adds what is to be said of an option that is right, where messages are flows. */
void kafka_headers_advise(const struct strs *option, struct err *);

#endif
