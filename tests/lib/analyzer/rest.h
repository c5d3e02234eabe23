/* SPDX-License-Identifier: Apache-2.0 */
/* rest.h - POST /api/topology, answered from files.
 *
 * Skydive analyzer: the body is {"GremlinQuery":"..."}. 204 when there is no
 * query, 400 with text when the body is not JSON, else what the query finds;
 * an unknown query finds nothing here. Nodes by ID are looked up in the graph,
 * if there is one; all questions need its lock. Bodies are gzipped for who
 * accepts it.
 */
#ifndef ANALYZER_REST_H
#define ANALYZER_REST_H

#include <stddef.h>
#include <stdint.h>

struct analyzer;
struct conn;
struct json_object;
struct request;

struct rest {
	struct json_object *answers; /* query -> recorded answer */
	struct json_object *queries; /* query -> how often it came */
	uint64_t requests;
	uint64_t unknown;
	uint64_t in_flight;
	uint64_t in_flight_max;
};

void rest_init(struct rest *);
void rest_fini(struct rest *);
/* Adds the answers of a file, an array of {"query","status","body"}. Returns 0
 * or -EINVAL. */
int rest_load(struct rest *, const char *path);

/* Answers now or later, or never, as the modes say. */
void rest_request(struct conn *, const struct request *, const char *body, size_t len);
/* Questions that waited for the lock of the graph are answered. */
void rest_unlocked(struct analyzer *);
/* The connection is gone before its answer. */
void rest_cancel(struct conn *);

#endif
