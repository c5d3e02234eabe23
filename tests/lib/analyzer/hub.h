/* SPDX-License-Identifier: Apache-2.0 */
/* hub.h - who gets what: gate, pool, queues, broadcast.
 *
 * Skydive analyzer: delivery is decided by two structures that know nothing of
 * each other. The gate is a set of namespaces; a message is broadcast only if
 * its namespace is in it. It is filled by the header lines of those who connect
 * and emptied, completely, whenever any of them leaves. The filter of a speaker
 * says which broadcasts are put on its queue.
 *
 * A broadcast holds the read lock of the pool and blocks as long as a queue it
 * has to append to is full. Joining and leaving need the write lock, and once
 * somebody waits for that, new readers wait too: so new handshakes hang. When
 * the speaker whose queue is full leaves, nobody empties the queue any more,
 * the broadcast never ends, and with it nothing ever again. This hub has one
 * thread; a broadcast that blocks is suspended and everything else that would
 * have waited for the lock is put off until it has ended.
 */
#ifndef ANALYZER_HUB_H
#define ANALYZER_HUB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct counters;
struct message;

struct nsset {
	char **names;
	size_t count;
};

void nsset_add(struct nsset *, const char *name);
bool nsset_has(const struct nsset *, const char *name);
void nsset_clear(struct nsset *);

struct speaker {
	struct speaker *next;
	char *host_id;
	struct nsset filter;
	bool protobuf;
	void *owner;		/* NULL once its connection is gone */
	bool waiting;		/* for the write lock, to join */
	bool writing;		/* a message is neither queued nor sent */
	bool cleaned;		/* its leaving has emptied the gate */
	int64_t leave_at_us;	/* when it leaves the pool; 0 = it stays */
	struct message **queue; /* a ring */
	size_t head;
	size_t queued;
};

struct hub_ops {
	void (*joined)(void *owner); /* after it had to wait */
	void (*queued)(void *owner); /* there is something to send */
	void (*progress)(void *ctx); /* a queue got shorter, or the lock is free */
	void *ctx;
};

struct hub {
	struct nsset gate;
	struct speaker *pool;
	struct speaker *waiting;
	struct hub_ops ops;
	struct counters *count;
	size_t queue_size;	/* messages per speaker */
	int64_t leave_delay_us; /* from the end of TCP to the clean-up */
	bool silent;		/* broadcasts reach nobody */
	bool without_stats;	/* those of stats do not */
	/* The broadcast that goes on; batch_count 0 = none. */
	struct message **batch;
	size_t batch_count;
	size_t batch_at;
	struct speaker *speaker_at;
	bool started; /* with batch[batch_at] */
	bool delivered;
	int64_t blocked_since_us; /* 0 = it does not block */
};

int64_t clock_us(void);

void hub_init(struct hub *, struct counters *, size_t queue_size, const struct hub_ops *);
void hub_fini(struct hub *);

/* May a handshake look at the pool now? */
bool hub_readable(const struct hub *);
bool hub_has_host(const struct hub *, const char *host_id);
/* The host id is copied. The filter is for the caller to fill. */
struct speaker *hub_speaker_new(const char *host_id, bool protobuf, void *owner);
/* Takes the speaker into the pool, or puts it among those who wait and calls
 * joined() later. Returns whether it is in. The hub owns it then. */
bool hub_join(struct hub *, struct speaker *);
/* The connection of the speaker has ended. */
void hub_leave(struct hub *, struct speaker *);
/* Does what is due, for instance late clean-ups. */
void hub_tick(struct hub *, int64_t now_us);

/* False while the last broadcast is blocked. */
bool hub_idle(const struct hub *);
/* Is there a subscriber, and has none of them more than that many queued? */
bool hub_has_room(const struct hub *, size_t window);
/* Only when idle. Skydive analyzer: a batch goes to the namespace flow first,
 * then, once for each of its captures, to flow/<capture>. */
void hub_broadcast(struct hub *, struct message *);
/* The next message of the queue, or NULL; the caller gets the reference. */
struct message *hub_pop(struct hub *, struct speaker *);
/* Nothing is queued or half written. */
bool hub_empty(const struct hub *);

size_t hub_subscribers(const struct hub *);
size_t hub_queued(const struct hub *);

#endif
