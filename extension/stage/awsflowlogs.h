/* SPDX-License-Identifier: Apache-2.0 */
/* awsflowlogs.h - the two kinds of record of transform awsflowlogs: the Go flow
 * exporter's, and AWS's own.
 */
#ifndef STAGE_AWSFLOWLOGS_H
#define STAGE_AWSFLOWLOGS_H

#include "base/err.h"
#include "stage/delta.h"

/* dialect exporter: totals of the flow, both directions in one record. */
struct aws_exporter {
	int64_t version;
	struct str account_id, interface_id; /* VLAN ids in decimal */
	struct str src_addr, dst_addr;
	int64_t src_port, dst_port;
	int64_t protocol; /* enum flow_protocol, or IANA on demand */
	int64_t packets, bytes;
	int64_t start, end; /* Unix s */
	struct str action, log_status;
	/* version 3 */
	struct str vpc_id, subnet_id, instance_id;
	int64_t tcp_flags;
	struct str type, pkt_src_addr, pkt_dst_addr;

	char interface_text[24]; /* what interface_id points to */
};

extern const struct shape aws_exporter_2, aws_exporter_3;

/* dialect aws: one direction, since the flow's last report. An empty string or a number
 * below 0 means "not known". */
struct aws_record {
	int64_t version;
	struct str account_id, interface_id;
	struct str srcaddr, dstaddr;
	int64_t srcport, dstport;
	int64_t protocol; /* IANA */
	int64_t packets, bytes;
	int64_t start, end; /* Unix s */
	struct str action, log_status;
	struct str vpc_id, subnet_id, instance_id;
	int64_t tcp_flags; /* FIN 1, SYN 2, RST 4, SYN and ACK 18 */
	struct str type;
	struct str region, az_id;
	struct str flow_direction;
	struct str unknown; /* fields that interfaces outside of AWS do not have */

	bool is_reverse; /* from B to A */
};

/* An official field and the version that introduced it. */
struct aws_field {
	struct field field;
	int version;
};

#define AWS_FIELDS_MAX 64

/* All fields in the official order; ends with one without a name. */
extern const struct aws_field aws_fields[];
const struct aws_field *aws_field_find(struct str name); /* NULL: there is none */

struct aws_choice {
	struct field field[AWS_FIELDS_MAX]; /* ends with one without a name */
	int64_t version;		    /* the highest of the fields' */
	bool needs_direction;
};

/* Chooses these fields, or, if there are none, all up to that version (0: 2). -EINVAL:
 * a field is unknown or there twice, or it needs another version. */
int aws_fields_choose(struct aws_choice *, const struct strs *fields, int64_t version,
		      struct err *);

/* The IANA protocol number of a flow; -1: not known. */
int64_t aws_protocol(const struct flow *);
/* "IPv4", "IPv6", or "". */
struct str aws_type(const struct flow *);
/* Whether AWS does not log traffic to and from this address. */
bool aws_is_silent(struct str address);
/* The TCP flags seen for the first time in this direction; -1: not known. */
int64_t aws_tcp_flags(const struct flow *, unsigned events, bool is_reverse);

#endif
