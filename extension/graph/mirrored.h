/* SPDX-License-Identifier: Apache-2.0 */
/* mirrored.h - whether a graph could answer a question, for whoever tells an operator.
 */
#ifndef GRAPH_MIRRORED_H
#define GRAPH_MIRRORED_H

#include "base/err.h"
#include "base/str.h"

/* *index is the key by which it would find the first nodes, in the text; empty: it would
 * look at all of them. false: why says what it cannot do. */
bool question_is_mirrored(struct str text, struct str *index, struct err *why);

#endif
