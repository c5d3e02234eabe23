/* SPDX-License-Identifier: Apache-2.0 */
/* awsflowlogs.h - the two records that transform awsflowlogs makes: that of the
 * Go flow exporter, and AWS's own.
 */
#ifndef STAGE_AWSFLOWLOGS_H
#define STAGE_AWSFLOWLOGS_H

#include "base/err.h"
#include "stage/delta.h"

/* dialect exporter: both directions and all of the flow's life in one record. */
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

/* dialect aws: one direction since the flow's last report. An empty string and
 * a number below 0 are not known. */
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
	struct str unknown; /* what an interface outside of AWS does not have */

	bool is_reverse; /* from B to A */
};

/* An official field and the version that brought it. */
struct aws_field {
	struct field field;
	int version;
};

#define AWS_FIELDS_MAX 64

/* All of them in their official order; ends with a field without a name. */
extern const struct aws_field aws_fields[];
const struct aws_field *aws_field_find(struct str name); /* NULL: there is none */

struct aws_choice {
	struct field field[AWS_FIELDS_MAX]; /* ends with one without a name */
	int64_t version;		    /* the highest of theirs */
	bool needs_direction;
};

/* These fields, or, without any, all up to that version (0: 2). -EINVAL: AWS has
 * none of that name, it is there twice, or the version is another. */
int aws_fields_choose(struct aws_choice *, const struct strs *fields, int64_t version,
		      struct err *);

/* The IANA number of what a flow carries; -1: not known. */
int64_t aws_protocol(const struct flow *);
/* "IPv4", "IPv6", or "". */
struct str aws_type(const struct flow *);
/* Whether AWS leaves out what goes to and from this address. */
bool aws_is_silent(struct str address);
/* The flags that this direction had for the first time; -1: not known. */
int64_t aws_tcp_flags(const struct flow *, unsigned events, bool is_reverse);

#endif
