/* SPDX-License-Identifier: Apache-2.0 */
/* resolver.h - names become addresses, and nobody waits for a name server.
 *
 * libcurl joins the thread that looks for a name when a request ends, which may take
 * as long as resolv.conf lets a silent name server be asked: 10 s, all other transfers
 * of the thread wait. So names are looked for by threads of our own, one of them for
 * one name, and libcurl is given the addresses. Nobody joins such a thread: one that
 * hangs is left behind, and touches nothing but what is the process's.
 *
 * There is one of it in a process, as there is one getaddrinfo(). Addresses are good for
 * a minute; after that they are asked for anew, and the old ones serve while the name
 * server is silent. Bounds: RESOLVER_THREADS at once, half of them at most for names that
 * were slow before; RESOLVER_NAMES names of RESOLVER_HOST_MAX bytes, each with
 * RESOLVER_ADDRESSES_MAX addresses.
 *
 * Any thread.
 */
#ifndef NET_RESOLVER_H
#define NET_RESOLVER_H

#include <stdatomic.h>
#include <stdint.h>
#include "base/buf.h"
#include "base/err.h"

#define RESOLVER_THREADS       16
#define RESOLVER_NAMES	       1024
#define RESOLVER_HOST_MAX      255
#define RESOLVER_ADDRESSES_MAX 32

/* Whoever wants to hear that names were answered, so that it finds again. */
struct resolver_watch {
	void (*answered)(void *context); /* on the resolver's thread; must not block,
					  * nor call the resolver */
	void *context;
	struct resolver_watch *next; /* the resolver's own */
};

/* An address as it is written in a URL ("10.0.0.1", "::1", "fe80::1%eth0"), which
 * needs no answer, nor does "localhost", which libcurl knows. */
bool resolver_knows(struct str host);

/* Never waits; now_ms is monotonic. Appends the addresses, with commas, as
 * CURLOPT_RESOLVE has them: 0. -EAGAIN: it is asked for; find again when answered() is
 * called, or after a second. -EHOSTUNREACH: there is none, and err says why. -ENOMEM. */
int resolver_find(struct str host, int64_t now_ms, struct buf *addresses, struct err *);
/* The same, but waits until a monotonic time, or less when *is_cancelled becomes true
 * (it may be NULL): -ETIMEDOUT, -ECANCELED. */
int resolver_wait(struct str host, int64_t until_ms, const atomic_bool *is_cancelled,
		  struct buf *addresses, struct err *);

/* Borrowed until resolver_unwatch(), after which it is not called any more. */
void resolver_watch(struct resolver_watch *);
void resolver_unwatch(struct resolver_watch *);

#endif
