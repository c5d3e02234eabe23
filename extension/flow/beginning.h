/* SPDX-License-Identifier: Apache-2.0 */
/* beginning.h - what a message is, where its first bytes alone say so.
 *
 * A message with one flow is told by a header, which costs more to read than a tenth of
 * the flow. A flow that was written by transform none begins with its UUID, its layers
 * and its application, which no record of another transform does, and no envelope of an
 * analyzer's. All else that a flow may begin with has to be asked for.
 */
#ifndef FLOW_BEGINNING_H
#define FLOW_BEGINNING_H

#include "base/str.h"

enum beginning {
	BEGINNING_ANY,	   /* of a flow, or of something else */
	BEGINNING_JSON,	   /* of a flow as JSON */
	BEGINNING_PROTOBUF /* of flow.Flow */
};

/* Any bytes. */
enum beginning beginning_of(struct str message);

#endif
