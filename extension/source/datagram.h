/* SPDX-License-Identifier: Apache-2.0 */
/* datagram.h - agents' flows as datagrams: a bare protobuf flow.Message in
 * each, over UDP or a local socket.
 *
 * Skydive's agents send these to their analyzer, and nobody else; here they
 * come from whatever passes them on. What the kernel drops because we are slow
 * is counted.
 */
#ifndef SOURCE_DATAGRAM_H
#define SOURCE_DATAGRAM_H

#include <stdatomic.h>
#include <stdint.h>
#include "net/url.h"
#include "sys/log.h"

struct datagram;

struct datagram_options {
	struct source_url url; /* borrowed */
	/* On the source's thread; must not block. Takes message (malloc'ed). */
	void (*deliver)(void *context, char *message, size_t size);
	void *context;
	struct log *log;
	_Atomic int64_t *kernel_drops; /* told as well; may be NULL */
};

/* Binds the socket and starts the thread. NULL: see err. */
struct datagram *datagram_start(const struct datagram_options *, struct err *);
/* Reads what has arrived, then ends. NULL is fine. */
void datagram_stop(struct datagram *);
int64_t datagram_kernel_drops(const struct datagram *);

#endif
