/* SPDX-License-Identifier: Apache-2.0 */
/* ops.h - what a partial update says about the Metadata of an element.
 *
 * Ops are {"Type":1,"Key","Value"} to set and {"Type":2,"Key","Value":null} to
 * delete; Key is a path below Metadata. Ops of null say nothing.
 */
#ifndef ANALYZER_OPS_H
#define ANALYZER_OPS_H

#include "bytes.h"
#include "scan.h"

/* The element after the update {"ID","UpdatedAt","Revision","Ops"}; the caller
 * frees. */
struct bytes ops_apply(struct text element, struct text update);
/* Appends the ops that make one Metadata of another. */
void ops_between(struct bytes *out, struct text from, struct text to);

#endif
