/* SPDX-License-Identifier: Apache-2.0 */
/* record_topology.h - the topology's stream beside recorded flows, for the command record:
 * NAME-topology.jsonl and its times, which replay --topology-stream reads.
 */
#ifndef COMMAND_RECORD_TOPOLOGY_H
#define COMMAND_RECORD_TOPOLOGY_H

#include "net/session.h"

struct topology_recorder;

/* url is that of the flows; all is borrowed. The files are only its owner's. NULL: see
 * err. */
struct topology_recorder *record_topology_start(const struct url *url,
						const struct session_identity *,
						const char *name, struct log *,
						struct err *);
/* Ends it. -errno: the files could not be written; or 0 with the number of messages, one of
 * which is the answer to what all begins with, or else there was no stream. */
int record_topology_stop(struct topology_recorder *, int64_t *messages);

#endif
