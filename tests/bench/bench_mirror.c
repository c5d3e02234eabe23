/* SPDX-License-Identifier: Apache-2.0 */
/* bench_mirror.c - a topology in memory: to load it, what it takes, to ask it.
 *
 *	bench_mirror SYNCREPLY STREAM
 *
 * Prints "NAME VALUE" lines: load_s, nodes, edges, bytes (of the graph), peak_kb (of the
 * process, with a second synchronization), resync_s, tid_ns, containers_ns (of an
 * address), event_ns (of the recorded stream's messages).
 */
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include "graph/feed.h"
#include "pipe.h"
#include "source/recording.h"

#define PIECE	((size_t)256 << 10)
#define ASKED	2000 /* different ones, as many as there are peers in a minute */
#define TIMES	20
#define TID_LEN 36

const char *bench_folder;

static const struct question by_tid = QUESTION(HAS("TID", 0));
static const struct question containers = QUESTION(HAS_MATCH("IPV4", 0),
						   IN_IS("Type", "netns"),
						   OUT_IS("Type", "container"));
static const struct question others[] = {
	QUESTION(HAS_MATCH("IPV6", 0), IN_IS("Type", "netns")),
	QUESTION(HAS("@Host", 0), HAS_KEY("IPV4")),
	QUESTION(HAS("K8s.Extra.Status.ContainerStatuses.ContainerID", 0)),
};

static void ignore_stale(void *context, struct str id)
{
	(void)context;
	(void)id;
}

static void ignore_gap(void *context)
{
	(void)context;
}

static const struct feed_user user = { ignore_stale, ignore_gap };

static double now_s(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

void fail(const char *fmt, ...)
{
	va_list list;

	va_start(list, fmt);
	fputs("bench_mirror: ", stderr);
	vfprintf(stderr, fmt, list);
	fputs("\n", stderr);
	va_end(list);
	exit(1);
}

static void must(bool is_fine, const char *what)
{
	if (!is_fine)
		fail("%s", what);
}

/* Mapped, so that it is not in the process's own memory. */
static struct str map_file(const char *path)
{
	int fd = open(path, O_RDONLY);
	struct stat stat;
	char *bytes;

	must(fd >= 0 && fstat(fd, &stat) == 0, path);
	bytes = mmap(NULL, (size_t)stat.st_size, PROT_READ, MAP_SHARED, fd, 0);
	must(bytes != MAP_FAILED, path);
	return (struct str){ bytes, (size_t)stat.st_size };
}

static double load(struct feed *f, struct str reply)
{
	double begun = now_s();
	struct err err = ERR_INIT;
	size_t at;

	feed_expect(f, NULL);
	for (at = 0; at < reply.len; at += PIECE) {
		struct str piece = str_skip(reply, at);
		bool is_last = piece.len <= PIECE;

		if (!is_last)
			piece.len = PIECE;
		must(feed_hear(f, piece, true, is_last, 1000, &err) == 0, err.text);
	}
	return now_s() - begun;
}

/* Values behind a key of the reply's text, spread over all of it. */
static size_t sample(struct str reply, const char *key, char end, struct str *values)
{
	struct str rest = reply;
	size_t count = 0, key_len = strlen(key), all = 0, step;
	const char *at;

	while ((at = memmem(rest.ptr, rest.len, key, key_len))) {
		rest = str_skip(rest, (size_t)(at - rest.ptr) + key_len);
		all++;
	}
	step = all / ASKED + 1;
	for (rest = reply, all = 0; count < ASKED; all++) {
		at = memmem(rest.ptr, rest.len, key, key_len);
		if (!at)
			break;
		rest = str_skip(rest, (size_t)(at - rest.ptr) + key_len);
		if (all % step == 0)
			values[count++] = str_until(rest, end);
	}
	return count;
}

static double ask(struct graph *g, const struct question *question, struct str *values,
		  size_t count, size_t *answered)
{
	struct arena arena = ARENA_INIT((size_t)64 << 20);
	double begun = now_s();
	struct graph_span span = { INT64_MIN, INT64_MAX };
	size_t i, found = 0;

	for (i = 0; i < count * TIMES; i++) {
		const struct answer *answer = graph_answer(g, question,
							   &values[i % count], 2000,
							   &arena, &span);

		must(answer != NULL, "no answer");
		found += answer->count;
		if (i % 256 == 0)
			arena_reset(&arena);
	}
	arena_fini(&arena);
	*answered = found / TIMES;
	return (now_s() - begun) / (double)(count * TIMES) * 1e9;
}

static double play(struct feed *f, const char *path, size_t *messages)
{
	struct err err = ERR_INIT;
	struct recording *recording = recording_open(path, &err);
	struct recorded one;
	double spent = 0, begun;

	must(recording != NULL, err.text);
	while (recording_next(recording, &one, &err) > 0) {
		begun = now_s();
		if (one.size < 100000) {
			feed_hear(f, (struct str){ one.message, one.size }, true, true,
				  one.time_ms, &err);
			spent += now_s() - begun;
			++*messages;
		}
		free(one.message);
	}
	recording_close(recording);
	return spent / (double)*messages * 1e9;
}

static void patterns_of(struct str *values, size_t count, char (*room)[64])
{
	size_t i;

	for (i = 0; i < count; i++) {
		struct str address = str_until(values[i], '/');

		values[i].len = (size_t)snprintf(room[i], sizeof(room[i]), STR_FMT "/.*",
						 STR_ARG(address));
		values[i].ptr = room[i];
	}
}

/* Which all nodes have, and nobody asks for. */
static size_t without_loopback(struct str *values, size_t count)
{
	size_t i, kept = 0;

	for (i = 0; i < count; i++)
		if (!str_starts(values[i], STR("127.")))
			values[kept++] = values[i];
	return kept;
}

int main(int argc, char **argv)
{
	const struct graph_limits limits = { (size_t)1 << 30, 1500000 };
	static struct str values[ASKED];
	static char room[ASKED][64];
	struct projection *projection = projection_new();
	struct graph_counters c;
	struct rusage usage;
	struct graph *graph;
	struct str reply;
	struct feed feed;
	size_t count, found, messages = 0, i;
	double ns;

	must(argc == 3, "usage: bench_mirror SYNCREPLY STREAM");
	projection_add(projection, &by_tid, NULL);
	projection_add(projection, &containers, NULL);
	for (i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		projection_add(projection, &others[i], NULL);
	graph = graph_new(projection, &limits);
	must(graph != NULL, "no memory");
	feed_init(&feed, graph, &user, NULL);
	reply = map_file(argv[1]);
	printf("load_s %.2f\n", load(&feed, reply));
	graph_count(graph, &c);
	printf("nodes %zu\nedges %zu\nbytes %zu\n", c.nodes, c.edges, c.bytes);
	printf("resync_s %.2f\n", load(&feed, reply));
	graph_count(graph, &c);
	printf("bytes_after %zu\nrepaired %llu\n", c.bytes,
	       (unsigned long long)c.repaired);
	getrusage(RUSAGE_SELF, &usage);
	count = sample(reply, "\"TID\":\"", '"', values);
	ns = ask(graph, &by_tid, values, count, &found);
	printf("tid_ns %.0f\ntids %zu\ntids_found %zu\n", ns, count, found);
	count = sample(reply, "\"IPV4\":[\"", '"', values);
	count = without_loopback(values, count);
	patterns_of(values, count, room);
	ns = ask(graph, &containers, values, count, &found);
	printf("containers_ns %.0f\naddresses %zu\ncontainers_found %zu\n", ns, count,
	       found);
	printf("event_ns %.0f\n", play(&feed, argv[2], &messages));
	printf("events %zu\n", messages);
	feed_fini(&feed);
	graph_free(graph);
	projection_free(projection);
	return 0;
}
