/* SPDX-License-Identifier: Apache-2.0 */
/* check_connect.h - tests the services of a configuration: the analyzers' streams,
 * their REST API, and the stores. Prints one line for each to standard output.
 *
 * An analyzer stops sending to all other subscribers when one leaves, so this makes
 * them lose what is sent until they notice.
 */
#ifndef COMMAND_CHECK_CONNECT_H
#define COMMAND_CHECK_CONNECT_H

#include "settings/settings.h"

/* true: all tests succeeded. */
bool check_connect(struct settings *);

#endif
