/* SPDX-License-Identifier: Apache-2.0 */
/* resolver.c - see resolver.h. The table and the lock are the process's: a thread that
 * hangs in getaddrinfo() may return when all else is gone. */
#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include "net/resolver.h"
#include "sys/clock.h"
#include "sys/thread.h"

#define FRESH_MS      60000 /* addresses */
#define FAILED_MS     5000  /* until a name that failed is asked for again */
#define SLOW_MS	      2000  /* then old addresses do, and the name is a slow one */
#define SLICE_MS      100   /* between looks at is_cancelled */
#define ADDRESSES_LEN ((INET6_ADDRSTRLEN + 3) * RESOLVER_ADDRESSES_MAX)

struct name {
	struct name *next;	  /* of the table */
	struct name *next_queued; /* of those that wait for a thread */
	bool is_asked;		  /* queued, or a thread has it */
	bool is_running;	  /* a thread has it */
	bool is_slow;
	int64_t asked_ms, answered_ms, failed_ms; /* by who asks; 0: never */
	int64_t begun_ms;			  /* by the thread that has it */
	int64_t used_ms;
	int error;	 /* EAI_... of the last failure */
	char *addresses; /* the last good ones, or NULL */
	char host[];
};

static struct {
	pthread_mutex_t lock;
	pthread_cond_t answered;
	struct name *names;
	size_t count;
	struct name *queue;
	unsigned threads, slow; /* that look for a name, for one that was slow */
	struct resolver_watch *watches;
} all = { .lock = PTHREAD_MUTEX_INITIALIZER };

static pthread_once_t once = PTHREAD_ONCE_INIT;

static void resolver_init(void)
{
	thread_condition_init(&all.answered);
}

static void resolver_lock(void)
{
	pthread_once(&once, resolver_init);
	pthread_mutex_lock(&all.lock);
}

bool resolver_knows(struct str host)
{
	char text[INET6_ADDRSTRLEN];
	unsigned char bytes[sizeof(struct in6_addr)];
	struct str plain = str_until(host, '%');

	if (str_equal_nocase(host, STR("localhost")))
		return true;
	if (plain.len == 0 || plain.len >= sizeof(text))
		return false;
	memcpy(text, plain.ptr, plain.len);
	text[plain.len] = '\0';
	return inet_pton(AF_INET, text, bytes) == 1 ||
	       inet_pton(AF_INET6, text, bytes) == 1;
}

static void put_addresses(const struct addrinfo *found, struct buf *text)
{
	char address[INET6_ADDRSTRLEN + 20];
	int count = 0;

	for (; found && count < RESOLVER_ADDRESSES_MAX; found = found->ai_next) {
		bool is_v6 = found->ai_family == AF_INET6;

		if ((!is_v6 && found->ai_family != AF_INET) ||
		    getnameinfo(found->ai_addr, found->ai_addrlen, address,
				sizeof(address), NULL, 0, NI_NUMERICHOST))
			continue;
		buf_printf(text, "%s%s%s%s", count++ ? "," : "", is_v6 ? "[" : "",
			   address, is_v6 ? "]" : "");
	}
}

/* On a thread of its own, without the lock. EAI_... */
static int ask(const char *host, char **addresses)
{
	const struct addrinfo hints = { .ai_socktype = SOCK_STREAM };
	struct buf text = BUF_INIT(ADDRESSES_LEN);
	struct addrinfo *found = NULL;
	int error = getaddrinfo(host, NULL, &hints, &found);

	*addresses = NULL;
	if (error)
		return error;
	put_addresses(found, &text);
	freeaddrinfo(found);
	if (!buf_error(&text) && text.len)
		*addresses = strdup(text.ptr);
	else
		error = buf_error(&text) ? EAI_MEMORY : EAI_NONAME;
	buf_fini(&text);
	return !error && !*addresses ? EAI_MEMORY : error;
}

/* "There is no such name" is an answer, too; all else keeps what was good. */
static bool is_answer(int error)
{
	return error == 0 || error == EAI_NONAME || error == EAI_NODATA;
}

static void name_answer(struct name *n, int error, char *addresses)
{
	int64_t took_ms = clock_now().mono_ms - n->begun_ms;
	int64_t now_ms = n->asked_ms + took_ms;

	n->is_asked = n->is_running = false;
	n->is_slow = took_ms >= SLOW_MS;
	n->error = error;
	n->failed_ms = error ? now_ms : 0;
	if (!is_answer(error))
		return;
	free(n->addresses);
	n->addresses = addresses;
	n->answered_ms = error ? 0 : now_ms;
}

static void tell_all(void)
{
	const struct resolver_watch *w;

	pthread_cond_broadcast(&all.answered);
	for (w = all.watches; w; w = w->next)
		w->answered(w->context);
}

/* The next one that waits; slow ones leave threads to the others. */
static struct name *queue_pop(void)
{
	struct name **at, *n;

	for (at = &all.queue; (n = *at); at = &n->next_queued) {
		if (n->is_slow && all.slow >= RESOLVER_THREADS / 2)
			continue;
		*at = n->next_queued;
		return n;
	}
	return NULL;
}

/* Looks for one name after the other, while there are some. */
static void *resolver_thread(void *unused)
{
	struct name *n;

	(void)unused;
	resolver_lock();
	while ((n = queue_pop())) {
		bool was_slow = n->is_slow;
		char *addresses;
		int error;

		n->begun_ms = clock_now().mono_ms;
		n->is_running = true;
		all.slow += was_slow;
		pthread_mutex_unlock(&all.lock);
		error = ask(n->host, &addresses);
		pthread_mutex_lock(&all.lock);
		all.slow -= was_slow;
		name_answer(n, error, addresses);
		tell_all();
	}
	all.threads--;
	pthread_mutex_unlock(&all.lock);
	return NULL;
}

/* Threads that have looked for a name for so long that others are not to wait for it. */
static unsigned hanging(void)
{
	int64_t now_ms = clock_now().mono_ms;
	const struct name *n;
	unsigned count = 0;

	for (n = all.names; n; n = n->next)
		count += n->is_running && now_ms - n->begun_ms >= SLOW_MS;
	return count;
}

/* -EAGAIN: there are as many as there may be. */
static int start_thread(void)
{
	pthread_t thread;
	int error;

	if (all.threads == RESOLVER_THREADS_MAX ||
	    (all.threads >= RESOLVER_THREADS &&
	     all.threads - hanging() >= RESOLVER_THREADS))
		return -EAGAIN;
	all.threads++;
	error = thread_start(&thread, "resolver", resolver_thread, NULL);
	if (error)
		all.threads--;
	else
		pthread_detach(thread);
	return error;
}

static void name_ask(struct name *n, int64_t now_ms)
{
	struct name **end;

	n->is_asked = true;
	n->asked_ms = now_ms;
	n->begun_ms = clock_now().mono_ms;
	n->next_queued = NULL;
	for (end = &all.queue; *end; end = &(*end)->next_queued)
		;
	*end = n;
	/* If there are some, one comes to it. */
	if (start_thread() == 0 || all.threads)
		return;
	all.queue = NULL;
	name_answer(n, EAI_MEMORY, NULL);
}

/* The one that was not used for longest, and that no thread has. */
static void drop_oldest(void)
{
	struct name **at, **oldest = NULL, *n;

	for (at = &all.names; *at; at = &(*at)->next)
		if (!(*at)->is_asked && (!oldest || (*at)->used_ms < (*oldest)->used_ms))
			oldest = at;
	if (!oldest)
		return;
	n = *oldest;
	*oldest = n->next;
	all.count--;
	free(n->addresses);
	free(n);
}

/* NULL: no memory, or all names are being asked for. */
static struct name *name_get(struct str host)
{
	struct name *n;

	for (n = all.names; n; n = n->next)
		if (str_equal_nocase(str_of(n->host), host))
			return n;
	if (all.count == RESOLVER_NAMES)
		drop_oldest();
	n = all.count < RESOLVER_NAMES ? calloc(1, sizeof(*n) + host.len + 1) : NULL;
	if (!n)
		return NULL;
	memcpy(n->host, host.ptr, host.len);
	n->next = all.names;
	all.names = n;
	all.count++;
	return n;
}

/* With the lock. See resolver_find(). */
static int name_find(struct name *n, int64_t now_ms, struct buf *addresses,
		     struct err *err)
{
	bool is_fresh = n->addresses && now_ms - n->answered_ms < FRESH_MS;
	bool has_failed = n->failed_ms && now_ms - n->failed_ms < FAILED_MS;

	n->used_ms = now_ms;
	if (!is_fresh && !has_failed && !n->is_asked)
		name_ask(n, now_ms);
	else if (n->is_asked && !n->is_running && all.threads >= RESOLVER_THREADS)
		start_thread(); /* some may hang by now */
	if (n->addresses &&
	    (is_fresh || has_failed || n->is_slow || now_ms - n->asked_ms >= SLOW_MS)) {
		buf_puts(addresses, n->addresses);
		return buf_error(addresses);
	}
	if (n->is_asked)
		return -EAGAIN;
	err_set(err, "no address of %s: %s", n->host, gai_strerror(n->error));
	return -EHOSTUNREACH;
}

int resolver_find(struct str host, int64_t now_ms, struct buf *addresses, struct err *err)
{
	struct name *n;
	int error = -ENOMEM;

	if (host.len == 0 || host.len > RESOLVER_HOST_MAX ||
	    memchr(host.ptr, '\0', host.len)) {
		err_set(err, "no host has such a name");
		return -EHOSTUNREACH;
	}
	resolver_lock();
	n = name_get(host);
	if (n)
		error = name_find(n, now_ms, addresses, err);
	else
		err_set(err, "no memory for one more name");
	pthread_mutex_unlock(&all.lock);
	return error;
}

/* Until something was answered, SLICE_MS at most. */
static void wait_a_slice(void)
{
	const struct timespec until = clock_timespec(clock_now().mono_ms + SLICE_MS);

	resolver_lock();
	pthread_cond_timedwait(&all.answered, &all.lock, &until);
	pthread_mutex_unlock(&all.lock);
}

int resolver_wait(struct str host, int64_t until_ms, const atomic_bool *is_cancelled,
		  struct buf *addresses, struct err *err)
{
	int64_t now_ms;
	int error;

	for (;;) {
		now_ms = clock_now().mono_ms;
		error = resolver_find(host, now_ms, addresses, err);
		if (error != -EAGAIN)
			return error;
		if (is_cancelled && atomic_load(is_cancelled))
			error = -ECANCELED;
		else if (now_ms >= until_ms)
			error = -ETIMEDOUT;
		if (error != -EAGAIN) {
			err_set(err,
				"no address of " STR_FMT ": the name server is silent",
				STR_ARG(host));
			return error;
		}
		wait_a_slice();
	}
}

void resolver_watch(struct resolver_watch *w)
{
	resolver_lock();
	w->next = all.watches;
	all.watches = w;
	pthread_mutex_unlock(&all.lock);
}

void resolver_unwatch(struct resolver_watch *w)
{
	struct resolver_watch **at;

	resolver_lock();
	for (at = &all.watches; *at && *at != w; at = &(*at)->next)
		;
	if (*at)
		*at = w->next;
	pthread_mutex_unlock(&all.lock);
}
