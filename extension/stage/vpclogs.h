/* SPDX-License-Identifier: Apache-2.0 */
/* vpclogs.h - the record of IBM Cloud's VPC flow logs: its members and their
 * order. The Go flow exporter leaves out what is empty; IBM writes everything.
 *
 * Outside facts: IBM Cloud docs, topic vpc-fl-analyze, of 2024-07-16.
 */
#ifndef STAGE_VPCLOGS_H
#define STAGE_VPCLOGS_H

#include "flow/flow.h"
#include "format/shape.h"
#include "format/time_text.h"

struct vpclogs {
	struct str start_time, end_time, connection_start_time; /* RFC 3339 */
	struct str direction; /* inbound, outbound; I, O; or unknown: empty */
	struct str action;    /* A or R, from mangle action; IBM: accepted, rejected */
	struct str initiator_ip, target_ip;
	int64_t initiator_port, target_port;
	int64_t transport_protocol; /* IANA; 0 for what is not TCP or UDP */
	struct str ether_type;
	bool was_initiated, was_terminated;
	int64_t cumulative_bytes_from_initiator, cumulative_packets_from_initiator;
	int64_t cumulative_bytes_from_target, cumulative_packets_from_target;
	int64_t bytes_from_initiator, packets_from_initiator;
	int64_t bytes_from_target, packets_from_target;

	const struct flow *flow; /* the flow it is about; lives as long as the batch */
	char start_text[TIME_TEXT_SIZE]; /* what the times point to */
	char end_text[TIME_TEXT_SIZE];
	char connection_start_text[TIME_TEXT_SIZE];
};

/* As the Go exporter writes it, and as IBM does. */
extern const struct shape vpclogs_shape, vpclogs_ibm_shape;

#endif
