/* SPDX-License-Identifier: Apache-2.0 */
/* answers.h - recorded answers of the topology, as commands are given them. */
#ifndef COMMAND_ANSWERS_H
#define COMMAND_ANSWERS_H

#include "topology/topology.h"

/* Whatever is not in the files is answered with nothing. NULL: see err. */
struct topology *answers_read(const struct strs *paths, struct err *);

#endif
