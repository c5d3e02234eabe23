/* SPDX-License-Identifier: Apache-2.0 */
/* audit.h - "status --audit": whether the store still has what was stored there. */
#ifndef COMMAND_AUDIT_H
#define COMMAND_AUDIT_H

/* Holds the journal of a tenant's stored objects against the listing of its store, and
 * prints what differs. The exit code: 0: it has all, of their sizes; 1: it has not, or
 * that cannot be said, with the reason. */
int audit_run(const char *config, const char *tenant);

#endif
