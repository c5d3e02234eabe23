/* SPDX-License-Identifier: Apache-2.0 */
/* crc32c.h - CRC-32C, the checksum of iSCSI (RFC 3720, appendix B.4). Uses the
 * processor's instruction for it, or else a table.
 */
#ifndef BASE_CRC32C_H
#define BASE_CRC32C_H

#include <stdint.h>
#include "base/str.h"

/* Continues a checksum with these bytes; crc is 0 at the start. */
uint32_t crc32c(uint32_t crc, struct str);
/* The same on any processor; for tests. */
uint32_t crc32c_by_table(uint32_t crc, struct str);

#endif
