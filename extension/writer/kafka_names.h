/* SPDX-License-Identifier: Apache-2.0 */
/* kafka_names.h - what the messages of one object are called: their topic, the headers
 * that they share, the id of each, and the name that a transaction commits.
 *
 * Headers are text: "tenant", "tag", "id" (SPOOL/TENANT/KEY/NUMBER), and "format", which
 * tells what the value is: "KIND/1", a record of that kind as JSON without a line feed, or
 * "Flow.protobuf/1", Skydive's message flow.Flow without its length. Consumers go by it;
 * the manual, skydive-exporter.yml(5), promises it.
 *
 * Strings of the writer and of the object are borrowed.
 */
#ifndef WRITER_KAFKA_NAMES_H
#define WRITER_KAFKA_NAMES_H

#include "base/buf.h"
#include "spool/sealed.h"
#include "writer/kafka_headers.h"

struct kafka_writer;

struct kafka_names {
	struct buf topic;
	struct buf object;		 /* as no other is called */
	struct buf group, name_in_group; /* of what is sent exactly once */
	int64_t first_row;		 /* the number of the object's first one */
	bool rows_are_lines;		 /* each ends in one that no message has */
	struct map_of_str headers;

	/* Private: where headers points to. */
	struct buf format, id;
	size_t id_fixed;      /* bytes of id without the number of the row */
	struct str *id_value; /* NULL: messages have none */
	struct str name[HEADERS], value[HEADERS];
};

/* It must not be moved afterwards. 0 or -errno; kafka_names_fini() follows. */
int kafka_names_init(struct kafka_names *, const struct kafka_writer *,
		     const struct sealed *);
/* Lets the headers tell of this row, by its number in the object. 0 or -errno. */
int kafka_names_row(struct kafka_names *, int64_t number);
void kafka_names_fini(struct kafka_names *);

#endif
