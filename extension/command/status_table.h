/* SPDX-License-Identifier: Apache-2.0 */
/* status_table.h - the page /status for a person to read.
 */
#ifndef COMMAND_STATUS_TABLE_H
#define COMMAND_STATUS_TABLE_H

#include "base/buf.h"
#include "base/err.h"

#define STATUS_TABLE_COLUMNS 100 /* at most */

/* A line about the exporter, one for each source, and a table of the tenants.
 * page is the JSON text. 0, or -EINVAL with the reason. */
int status_table_put(struct str page, struct buf *out, struct err *);
/* All about one tenant, one line each. -ENOENT: there is no such tenant. */
int status_table_put_tenant(struct str page, struct str name, struct buf *out,
			    struct err *);

#endif
