/* SPDX-License-Identifier: Apache-2.0 */
/* check_connect.h - whether what a configuration names can be reached and used:
 * the analyzers' streams, their REST, and the stores. One line each to standard
 * output.
 *
 * An analyzer stops sending to all other subscribers when one leaves; so this
 * costs them what is sent until they notice.
 */
#ifndef COMMAND_CHECK_CONNECT_H
#define COMMAND_CHECK_CONNECT_H

#include "settings/settings.h"

/* true: everything is fine. */
bool check_connect(struct settings *);

#endif
