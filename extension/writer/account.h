/* SPDX-License-Identifier: Apache-2.0 */
/* account.h - pipeline.account: how many bytes of objects were stored.
 *
 * "file" keeps them in a JSON file, in the form that the Go exporter defines:
 * the last object's time and bytes, and the sum since the file was begun. The
 * file is replaced by way of <file>.bak, from which it is also read when it is
 * not there or not valid.
 */
#ifndef WRITER_ACCOUNT_H
#define WRITER_ACCOUNT_H

#include "base/now.h"
#include "config/config.h"
#include "sys/log.h"

struct account;

/* NULL and no problem: account "none". Strings live in the arena. */
struct account *account_read(const struct config *, struct arena *, struct log *,
			     struct problems *);
void account_free(struct account *);
/* One thread at a time. */
void account_add(struct account *, int64_t bytes, struct now);

size_t account_sections(struct config_section *, size_t max);

#endif
