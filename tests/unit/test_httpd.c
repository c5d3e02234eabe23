/* SPDX-License-Identifier: Apache-2.0 */
/* test_httpd.c - the status server on loopback and unix sockets: what it
 * serves, and clients that do not behave. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>
#include "net/get.h"
#include "net/httpd.h"
#include "net/socket_address.h"

#define LONG	    ((size_t)8 << 20) /* more than any socket buffer */
#define TIMEOUT_MS  5000
#define CLIENTS_MAX 32

/* A server in a directory of its own, and where it is. */
struct world {
	struct httpd *httpd;
	atomic_uint asked;
	char directory[64], path[128], address[160];
};

static void put_request(const struct httpd_request *request, struct buf *body)
{
	struct str rest = request->query, item;

	buf_printf(body, "%s %s %s\n", request->is_private ? "private" : "shown",
		   request->is_addressed ? "addressed" : "misled",
		   request->is_everywhere ? "everywhere" : "here");
	for (; rest.len; rest = str_skip(rest, item.len + 1)) {
		item = str_until(rest, '\0');
		buf_printf(body, "[" STR_FMT "]", STR_ARG(item));
	}
}

static int page(void *context, const struct httpd_request *request,
		struct httpd_answer *answer)
{
	struct world *w = context;
	struct buf *body = answer->body;
	struct str path = request->path;

	atomic_fetch_add(&w->asked, 1);
	if (str_is(path, "/hello")) {
		answer->content_type = "text/x-hello";
		buf_puts(body, "hello\n");
		return 200;
	}
	if (str_is(path, "/long")) {
		if (buf_room(body, LONG)) {
			memset(body->ptr + body->len, 'x', LONG);
			buf_added(body, LONG);
		}
		return 200;
	}
	if (str_is(path, "/asked")) {
		snprintf(answer->policy, sizeof(answer->policy), "%s",
			 "default-src 'none'; style-src 'sha256-abc'");
		put_request(request, body);
		return 200;
	}
	if (str_is(path, "/a b/c&d"))
		buf_puts(body, "decoded ");
	if (str_is(path, "/empty"))
		return 503;
	buf_puts(body, "nothing here\n");
	return 404;
}

static void start(struct world *w, const char *listen, int64_t limit_ms)
{
	const struct httpd_options options = {
		.listen = listen,
		.limit_ms = limit_ms,
		.page = page,
		.context = w,
	};
	struct err err = ERR_INIT;

	if (httpd_start(&options, &w->httpd, &err) < 0)
		fail_msg("%s", err.text);
	if (httpd_port(w->httpd))
		snprintf(w->address, sizeof(w->address), "%s:%u",
			 *listen == '[' ? "[::1]" : "127.0.0.1", httpd_port(w->httpd));
}

static int setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));

	snprintf(w->directory, sizeof(w->directory), "/tmp/test-httpd-XXXXXX");
	assert_non_null(mkdtemp(w->directory));
	snprintf(w->path, sizeof(w->path), "%s/run/status.sock", w->directory);
	snprintf(w->address, sizeof(w->address), "unix:%s", w->path);
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;
	char run[80];

	httpd_stop(w->httpd);
	snprintf(run, sizeof(run), "%s/run", w->directory);
	unlink(w->path);
	rmdir(run);
	assert_int_equal(rmdir(w->directory), 0);
	free(w);
	return 0;
}

static int dial(const struct world *w)
{
	struct socket_address address;
	struct err err = ERR_INIT;
	int fd;

	assert_int_equal(listen_address_parse(w->address, &address, &err), 0);
	fd = socket_address_connect(&address, TIMEOUT_MS);
	assert_true(fd >= 0);
	return fd;
}

static void say(int fd, struct str text)
{
	while (text.len) {
		ssize_t n = send(fd, text.ptr, text.len, MSG_NOSIGNAL);

		if (n <= 0)
			return; /* it may have hung up already */
		text = str_skip(text, (size_t)n);
	}
}

/* All that comes until the connection ends; fails when it does not end. */
static void hear(int fd, struct buf *out)
{
	ssize_t n = 1;

	while (n > 0) {
		char *room = buf_room(out, 65536);

		assert_non_null(room);
		n = recv(fd, room, 65536, 0);
		if (n < 0)
			assert_int_equal(errno, ECONNRESET);
		else
			buf_added(out, (size_t)n);
	}
	close(fd);
}

static void check_hello(const struct world *w)
{
	struct buf body = BUF_INIT(1024);
	struct err err = ERR_INIT;

	assert_int_equal(net_get(w->address, "/hello", TIMEOUT_MS, &body, &err), 200);
	assert_string_equal(buf_str(&body).ptr, "hello\n");
	buf_fini(&body);
}

static void addresses(void **state)
{
	static const char *const listen[] = { "127.0.0.1:0", "localhost:0", "[::1]:0",
					      ":0" };
	struct world *w = *state;
	size_t i;

	for (i = 0; i < sizeof(listen) / sizeof(listen[0]); i++) {
		start(w, listen[i], 0);
		if (strcmp(listen[i], "localhost:0") != 0)
			check_hello(w);
		httpd_stop(w->httpd);
		w->httpd = NULL;
	}
}

static void unix_socket_has_its_mode_and_goes_away(void **state)
{
	struct world *w = *state;
	mode_t before = umask(077);
	struct stat st;

	start(w, w->address, 0);
	umask(before);
	check_hello(w);
	assert_int_equal(stat(w->path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0660);
	httpd_stop(w->httpd);
	w->httpd = NULL;
	assert_int_equal(stat(w->path, &st), -1);
}

static void schemes_may_be_in_capitals(void **state)
{
	struct world *w = *state;
	struct err err = ERR_INIT;
	struct stat st;

	memcpy(w->address, "UNIX", 4);
	assert_int_equal(listen_address_check(w->address, &err), 0);
	start(w, w->address, 0);
	check_hello(w);
	assert_int_equal(stat(w->path, &st), 0);
}

static void stale_socket_is_replaced(void **state)
{
	struct world *w = *state;
	struct socket_address address;
	struct err err = ERR_INIT;
	int fd;

	assert_int_equal(listen_address_parse(w->address, &address, &err), 0);
	fd = socket_address_listen(&address, &err);
	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(access(w->path, F_OK), 0);
	start(w, w->address, 0);
	check_hello(w);
}

static void somebody_else_listens(void **state)
{
	struct world *w = *state, other = { 0 };
	static const char *const listen[] = { NULL, "127.0.0.1:0" };
	size_t i;

	for (i = 0; i < 2; i++) {
		struct httpd_options options = { .page = page, .context = &other };
		struct err err = ERR_INIT;

		start(w, listen[i] ? listen[i] : w->address, 0);
		options.listen = w->address;
		assert_int_equal(httpd_start(&options, &other.httpd, &err), -EADDRINUSE);
		assert_non_null(strstr(err.text, w->address));
		assert_non_null(strstr(err.text, "listens there"));
		check_hello(w);
		httpd_stop(w->httpd);
		w->httpd = NULL;
	}
}

static void file_is_not_removed(void **state)
{
	struct world *w = *state;
	struct httpd_options options = { .page = page,
					 .context = w,
					 .listen = w->address };
	struct err err = ERR_INIT;
	int fd;

	start(w, w->address, 0); /* makes the directory */
	httpd_stop(w->httpd);
	w->httpd = NULL;
	fd = open(w->path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(httpd_start(&options, &w->httpd, &err), -EADDRINUSE);
	assert_non_null(strstr(err.text, "no socket"));
	assert_int_equal(access(w->path, F_OK), 0);
}

static void bad_addresses(void **state)
{
	static const char *const listen[] = {
		"",
		"localhost",
		"unix:",
		"unix:status.sock",
		"Unix:status.sock",
		"[::1]",
		"127.0.0.1:66000",
		"http://127.0.0.1:80",
		"127.0.0.1:http",
		"256.0.0.1:0",
		":",
		":http",
		":1x",
		"unix:/tmp/12345678901234567890123456789012345678901234567890123456789012345"
		"678901234567890123456789012345678901234567890",
	};
	struct world *w = *state;
	size_t i;

	for (i = 0; i < sizeof(listen) / sizeof(listen[0]); i++) {
		struct httpd_options options = {
			.page = page,
			.context = w,
			.listen = listen[i],
		};
		struct err err = ERR_INIT;

		if (httpd_start(&options, &w->httpd, &err) != -EINVAL)
			fail_msg("\"%s\" is taken", listen[i]);
		assert_true(strlen(err.text) > strlen(listen[i]) + 4);
	}
}

static const struct {
	const char *request;
	const char *begins; /* of the answer; NULL: it only has to end */
	const char *contains;
} requests[] = {
	{ "GET /hello HTTP/1.1\r\nHost: a\r\n\r\n", "HTTP/1.1 200 ", "\r\n\r\nhello\n" },
	{ "GET /hello HTTP/1.1\r\nHost: a\r\n\r\n", "HTTP/1.1 200 ", "text/x-hello\r\n" },
	{ "GET /hello HTTP/1.0\r\n\r\n", "HTTP/1.", "\r\n\r\nhello\n" },
	{ "GET /hello?a=b HTTP/1.1\r\nHost: a\r\n\r\n", "HTTP/1.1 200 ", "hello\n" },
	{ "GET /hello HTTP/1.1\r\nHost: a\r\nConnection: keep-alive\r\n\r\n",
	  "HTTP/1.1 200 ", "connection: close\r\n" },
	{ "GET /hello HTTP/1.1\r\nHost: a\r\n\r\n", "HTTP/1.1 200 ",
	  "content-security-policy: default-src 'none'; frame-ancestors 'none'\r\n"
	  "x-content-type-options: nosniff\r\nreferrer-policy: no-referrer\r\n"
	  "cache-control: no-store\r\n" },
	{ "GET /asked HTTP/1.1\r\nHost: a\r\n\r\n", "HTTP/1.1 200 ",
	  "content-security-policy: default-src 'none'; style-src 'sha256-abc'\r\n" },
	{ "POST /hello HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi",
	  "HTTP/1.1 405 ", "x-content-type-options: nosniff\r\n" },
	{ "GET /asked?q=a%26b%3Dc+d&&n=5&x HTTP/1.1\r\nHost: a\r\n\r\n", "HTTP/1.1 200 ",
	  "[q=a&b=c d][n=5][x]" },
	{ "GET /asked?q=%3Cb%3E%0a HTTP/1.1\r\nHost: a\r\n\r\n", "HTTP/1.",
	  "shown misled here\n[q=<b>]" },
	{ "GET /asked?%0aHost:localhost HTTP/1.1\r\nHost: a\r\n\r\n", NULL, " misled " },
	{ "GET /asked?%0aHost:[::1%25x] HTTP/1.1\r\nHost: a\r\n\r\n", NULL, " misled " },
	{ "GET /a%20b/c%26d HTTP/1.1\r\nHost: a\r\n\r\n", "HTTP/1.1 404 ", "decoded " },
	{ "GET /asked?q=a%00b HTTP/1.1\r\nHost: a\r\n\r\n", NULL, "" },
	{ "GET /asked HTTP/1.1\r\nHost: a\r\n\r\n", "HTTP/1.1 200 ",
	  "shown misled here\n" },
	{ "GET /asked HTTP/1.1\r\nHost: localhost:1\r\n\r\n", "HTTP/1.1 200 ",
	  "shown addressed here\n" },
	{ "GET /asked HTTP/1.1\r\nHost: localhost\r\nHost: a\r\n\r\n", NULL, "" },
	{ "GET /asked HTTP/1.0\r\n\r\n", "HTTP/1.", "shown misled here\n" },
	{ "GET /other HTTP/1.1\r\nHost: a\r\n\r\n", "HTTP/1.1 404 ", "nothing here\n" },
	{ "GET /empty HTTP/1.1\r\nHost: a\r\n\r\n", "HTTP/1.1 503 ",
	  "content-length: 0\r\n" },
	{ "POST /hello HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi",
	  "HTTP/1.1 405 ", "allow: GET, HEAD\r\n" },
	{ "HEAD /hello HTTP/1.1\r\nHost: a\r\n\r\n", "HTTP/1.1 200 ",
	  "content-length: 6\r\n" },
	{ "HEAD /other HTTP/1.1\r\nHost: a\r\n\r\n", "HTTP/1.1 404 ", "" },
	{ "DELETE /hello HTTP/1.1\r\nHost: a\r\n\r\n", NULL, "" },
	{ "GET /hello HTTP/1.1\r\nHost: a\r\n\r\nGET /hello HTTP/1.1\r\nHost: a\r\n\r\n",
	  "HTTP/1.1 200 ", "hello\n" },
	{ "GET /hello HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\n"
	  "Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
	  "Sec-WebSocket-Version: 13\r\n\r\n",
	  NULL, "" },
	{ "GET /../../../../etc/passwd HTTP/1.1\r\nHost: a\r\n\r\n", NULL, "" },
	{ "GET hello\r\n\r\n", NULL, "" },
	{ "\r\n\r\n\r\n", NULL, "" },
	{ "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", NULL, "" },
	{ "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", NULL, "" },
};

static void requests_and_garbage(void **state)
{
	struct world *w = *state;
	size_t i;

	start(w, "127.0.0.1:0", 300);
	for (i = 0; i < sizeof(requests) / sizeof(requests[0]); i++) {
		struct buf answer = BUF_INIT(1 << 20);
		int fd = dial(w);

		say(fd, str_of(requests[i].request));
		hear(fd, &answer);
		buf_putc(&answer, '\0');
		if (requests[i].begins && strncmp(answer.ptr, requests[i].begins,
						  strlen(requests[i].begins)) != 0)
			fail_msg("%s -> %s", requests[i].request, answer.ptr);
		if (!strstr(answer.ptr, requests[i].contains))
			fail_msg("%s -> %s", requests[i].request, answer.ptr);
		assert_null(strstr(answer.ptr, "root:"));
		assert_null(strstr(answer.ptr, " 101 "));
		buf_fini(&answer);
	}
	check_hello(w);
}

/* Whoever may open the socket may call it what he likes; browsers reach it by tunnels. */
static void unix_socket_has_any_name(void **state)
{
	struct world *w = *state;
	struct buf answer = BUF_INIT(1 << 20);
	int fd;

	start(w, w->address, 300);
	fd = dial(w);
	say(fd, STR("GET /asked HTTP/1.1\r\nHost: a\r\n\r\n"));
	hear(fd, &answer);
	assert_non_null(strstr(buf_str(&answer).ptr, "private addressed here\n"));
	buf_fini(&answer);
}

/* RFC 9110, 9.3.2: the same head as of GET, and nothing behind it. */
static void head_is_that_of_the_page(void **state)
{
	struct world *w = *state;
	struct buf head = BUF_INIT(1 << 20), page = BUF_INIT(1 << 20);
	int fd;

	start(w, "127.0.0.1:0", 300);
	fd = dial(w);
	say(fd, STR("HEAD /hello HTTP/1.1\r\nHost: a\r\n\r\n"));
	hear(fd, &head);
	fd = dial(w);
	say(fd, STR("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n"));
	hear(fd, &page);
	assert_int_equal(page.len, head.len + strlen("hello\n"));
	assert_memory_equal(page.ptr, head.ptr, head.len);
	assert_memory_equal(head.ptr + head.len - 4, "\r\n\r\n", 4);
	buf_fini(&head);
	buf_fini(&page);
	check_hello(w);
}

static void head_without_end_is_refused(void **state)
{
	struct world *w = *state;
	struct buf request = BUF_INIT(1 << 20), answer = BUF_INIT(1 << 20);
	int fd, i;

	start(w, w->address, 1000);
	buf_puts(&request, "GET /hello HTTP/1.1\r\n");
	for (i = 0; i < 4000; i++)
		buf_printf(&request, "X-Number-%d: %d\r\n", i, i);
	fd = dial(w);
	say(fd, buf_str(&request));
	hear(fd, &answer);
	assert_int_equal(atomic_load(&w->asked), 0);
	check_hello(w);
	buf_fini(&request);
	buf_fini(&answer);
}

static void long_page_is_whole(void **state)
{
	struct world *w = *state;
	struct buf body = BUF_INIT(2 * LONG);
	struct err err = ERR_INIT;
	size_t i;

	start(w, w->address, 0);
	assert_int_equal(net_get(w->address, "/long", TIMEOUT_MS, &body, &err), 200);
	assert_int_equal(body.len, LONG);
	for (i = 0; i < LONG && body.ptr[i] == 'x'; i++)
		;
	assert_int_equal(i, LONG);
	buf_fini(&body);
}

/* Who neither asks nor reads holds up nobody, and is not waited for. */
static void slow_clients_are_closed(void **state)
{
	static const char *const said[] = { "", "GET /hel",
					    "GET /long HTTP/1.1\r\n\r\n" };
	struct world *w = *state;
	int fd[3];
	size_t i;

	start(w, "127.0.0.1:0", 200);
	for (i = 0; i < 3; i++) {
		int size = 4096;

		fd[i] = dial(w);
		setsockopt(fd[i], SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
		say(fd[i], str_of(said[i]));
	}
	check_hello(w);
	for (i = 0; i < 2; i++) {
		struct buf answer = BUF_INIT(1 << 20);

		hear(fd[i], &answer);
		assert_true(answer.len == 0 ||
			    strncmp(answer.ptr, "HTTP/1.1 4", 10) == 0);
		buf_fini(&answer);
	}
	close(fd[2]);
	check_hello(w);
}

/* However many do not read: they are sent one page. */
static void who_does_not_read_shares_a_page(void **state)
{
	struct world *w = *state;
	int fd[CLIENTS_MAX - 1], i;
	char byte;

	start(w, w->address, 60000);
	for (i = 0; i < CLIENTS_MAX - 1; i++) {
		fd[i] = dial(w);
		say(fd[i], STR("GET /long HTTP/1.1\r\nHost: a\r\n\r\n"));
		assert_int_equal(recv(fd[i], &byte, 1, 0), 1);
	}
	assert_in_range(atomic_load(&w->asked), 1, 3); /* a minute of a slow machine */
	check_hello(w);
	for (i = 0; i < CLIENTS_MAX - 1; i++) {
		struct buf answer = BUF_INIT(2 * LONG);

		hear(fd[i], &answer);
		assert_true(answer.len > LONG);
		buf_fini(&answer);
	}
	check_hello(w);
}

static void too_many_clients_are_told(void **state)
{
	struct world *w = *state;
	struct buf answer = BUF_INIT(1 << 20);
	int fd[CLIENTS_MAX], i;

	start(w, w->address, 1000);
	for (i = 0; i < CLIENTS_MAX; i++)
		fd[i] = dial(w);
	hear(dial(w), &answer);
	assert_non_null(strstr(answer.ptr, "HTTP/1.1 503 "));
	assert_non_null(strstr(answer.ptr, "too many connections"));
	for (i = 0; i < CLIENTS_MAX; i++) {
		buf_reset(&answer);
		say(fd[i], STR("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n"));
		hear(fd[i], &answer);
		assert_non_null(strstr(answer.ptr, "\r\n\r\nhello\n"));
	}
	check_hello(w);
	buf_fini(&answer);
}

static void stop_while_clients_hang(void **state)
{
	struct world *w = *state;
	int silent, reading;
	char byte;

	start(w, w->address, 0);
	silent = dial(w);
	reading = dial(w);
	say(reading, STR("GET /long HTTP/1.1\r\nHost: a\r\n\r\n"));
	assert_int_equal(recv(reading, &byte, 1, 0), 1);
	httpd_stop(w->httpd);
	w->httpd = NULL;
	close(silent);
	close(reading);
}

static void process_is_left_alone(void **state)
{
	struct world *w = *state;
	struct sigaction before = { .sa_handler = SIG_DFL }, after;

	sigaction(SIGPIPE, &before, NULL);
	start(w, w->address, 0);
	check_hello(w);
	httpd_stop(w->httpd);
	w->httpd = NULL;
	sigaction(SIGPIPE, NULL, &after);
	assert_ptr_equal(after.sa_handler, SIG_DFL);
}

static void nobody_answers(void **state)
{
	struct world *w = *state;
	struct buf body = BUF_INIT(1024);
	struct err err = ERR_INIT;

	assert_int_equal(net_get(w->address, "/hello", TIMEOUT_MS, &body, &err), -ENOENT);
	assert_int_equal(net_get("127.0.0.1:1", "/hello", TIMEOUT_MS, &body, &err),
			 -ECONNREFUSED);
	assert_int_equal(body.len, 0);
	buf_fini(&body);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(addresses),
		TEST(unix_socket_has_its_mode_and_goes_away),
		TEST(schemes_may_be_in_capitals),
		TEST(stale_socket_is_replaced),
		TEST(somebody_else_listens),
		TEST(file_is_not_removed),
		TEST(bad_addresses),
		TEST(requests_and_garbage),
		TEST(unix_socket_has_any_name),
		TEST(head_is_that_of_the_page),
		TEST(head_without_end_is_refused),
		TEST(long_page_is_whole),
		TEST(slow_clients_are_closed),
		TEST(who_does_not_read_shares_a_page),
		TEST(too_many_clients_are_told),
		TEST(stop_while_clients_hang),
		TEST(process_is_left_alone),
		TEST(nobody_answers),
	};

	return cmocka_run_group_tests_name("httpd", tests, NULL, NULL);
}
