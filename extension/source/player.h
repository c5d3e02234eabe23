/* SPDX-License-Identifier: Apache-2.0 */
/* player.h - a recording as a source: its messages, at the pace at which they
 * came, once.
 */
#ifndef SOURCE_PLAYER_H
#define SOURCE_PLAYER_H

#include "base/str.h"
#include "source/recording.h"
#include "sys/log.h"

struct player;

/* Starts a thread that delivers; deliver() takes the message and must not
 * block. path and log are borrowed. NULL: see err. */
struct player *player_start(struct str path,
			    void (*deliver)(void *context, char *message, size_t size,
					    enum recording_kind),
			    void *context, struct log *, struct err *);
/* NULL is fine. */
void player_stop(struct player *);

#endif
