/* SPDX-License-Identifier: Apache-2.0 */
/* resolver.h - resolves host names on threads that nothing waits for.
 *
 * When a request ends libcurl joins the thread that resolves its name, which may take
 * until the timeout of resolv.conf for a silent name server: for 10 s all other
 * transfers of the thread wait. So names are resolved on threads of our own, one for
 * each name, and libcurl gets the addresses. These threads are never joined: one that
 * hangs is left behind, and uses only data that lives as long as the process.
 *
 * The process has one resolver. Addresses are valid for a minute; after that they are
 * resolved again, and the old ones are used while the name server is silent. Bounds:
 * RESOLVER_THREADS at once, half of them at most for names that were slow before, and
 * beside them those that hang, for two seconds or more, up to RESOLVER_THREADS_MAX;
 * RESOLVER_NAMES names of RESOLVER_HOST_MAX bytes, each with RESOLVER_ADDRESSES_MAX
 * addresses.
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
#define RESOLVER_THREADS_MAX   64
#define RESOLVER_NAMES	       1024
#define RESOLVER_HOST_MAX      255
#define RESOLVER_ADDRESSES_MAX 32

/* Called when names were resolved, so that the watcher calls resolver_find() again. */
struct resolver_watch {
	void (*answered)(void *context); /* on the resolver's thread; must not block,
					  * nor call the resolver */
	void *context;
	struct resolver_watch *next; /* private */
};

/* Whether the host needs no resolving: an address as in URLs ("10.0.0.1", "::1",
 * "fe80::1%eth0"), or "localhost", which libcurl knows. */
bool resolver_knows(struct str host);

/* Never waits; now_ms is monotonic. 0: it has appended the addresses, separated by
 * commas, as for CURLOPT_RESOLVE. -EAGAIN: the name is being resolved; call again when
 * answered() is called, or after a second. -EHOSTUNREACH: there is no address, and err
 * says why. -ENOMEM. */
int resolver_find(struct str host, int64_t now_ms, struct buf *addresses, struct err *);
/* The same, but waits until a monotonic time, -ETIMEDOUT, or until *is_cancelled
 * becomes true, -ECANCELED. is_cancelled may be NULL. */
int resolver_wait(struct str host, int64_t until_ms, const atomic_bool *is_cancelled,
		  struct buf *addresses, struct err *);

/* Borrowed until resolver_unwatch(), after which it is no longer called. */
void resolver_watch(struct resolver_watch *);
void resolver_unwatch(struct resolver_watch *);

#endif
