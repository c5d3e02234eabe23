/* SPDX-License-Identifier: Apache-2.0 */
/* crc32c.h - the checksum of iSCSI (RFC 3720, appendix B.4), because processors
 * have an instruction for it. Without one a table is used.
 */
#ifndef BASE_CRC32C_H
#define BASE_CRC32C_H

#include <stdint.h>
#include "base/str.h"

/* The sum of what crc is the sum of, 0 for nothing, and these bytes. */
uint32_t crc32c(uint32_t crc, struct str);
/* The same on any processor; for tests. */
uint32_t crc32c_by_table(uint32_t crc, struct str);

#endif
