/* SPDX-License-Identifier: Apache-2.0 */
/* report.h - what was counted, and the lines for whoever drives the stand-in.
 *
 * Every line on stdout is one JSON object: {"event":...} of its own accord,
 * {"reply":...} for a command.
 */
#ifndef ANALYZER_REPORT_H
#define ANALYZER_REPORT_H

#include <stddef.h>
#include <stdint.h>

struct json_object;

struct counters {
	uint64_t admitted;
	uint64_t dropped; /* no pong in time, or a write took too long */
	uint64_t pongs;
	uint64_t sent_messages; /* all of it is in the kernel */
	uint64_t sent_flows;
	uint64_t sent_bytes;
	uint64_t broadcast_flows; /* handed out in the namespace flow */
	uint64_t missed_flows;	  /* of these: nobody was there to get them */
	uint64_t lost_flows;	  /* queued for a connection that ended */
	uint64_t queued_max;	  /* messages */
	uint64_t blocked_us;
	struct json_object *refused; /* status -> count */
	struct json_object *closes;  /* code of a client's Close -> count */
};

void counters_init(struct counters *);
void counters_fini(struct counters *);

/* Adds 1 to a member of an object of numbers. */
void report_count(struct json_object *, const char *key);
void report_count_number(struct json_object *, int key);
/* Prints the line and drops the object. */
void report_line(struct json_object *);
/* {"event":NAME} with one more member, which is taken; NULL key = none. */
void report_event(const char *name, const char *key, struct json_object *value);

#endif
