/* SPDX-License-Identifier: Apache-2.0 */
/* answers.h - reads files of recorded answers of the topology, for commands. */
#ifndef COMMAND_ANSWERS_H
#define COMMAND_ANSWERS_H

#include "topology/topology.h"

/* Questions that are not in the files get an empty answer. NULL: see err. */
struct topology *answers_read(const struct strs *paths, struct err *);

#endif
