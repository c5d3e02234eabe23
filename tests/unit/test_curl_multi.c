/* SPDX-License-Identifier: Apache-2.0 */
/* test_curl_multi.c - what a program that the host starts inherits of us: nothing. */
#include <dirent.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cmocka.h>
#include "net/connection.h"
#include "net/curl_multi.h"
#include "net/http.h"

/* As /proc of this process has it. */
static size_t count_inheritable(void)
{
	DIR *dir = opendir("/proc/self/fd");
	struct dirent *entry;
	size_t count = 0;

	assert_non_null(dir);
	while ((entry = readdir(dir)))
		if (entry->d_name[0] != '.' &&
		    !(fcntl(atoi(entry->d_name), F_GETFD) & FD_CLOEXEC))
			count++;
	closedir(dir);
	return count;
}

/* Nobody accepts: an accepted socket would be one more. */
static int listen_here(char *host, size_t size)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(at);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_int_equal(bind(fd, (struct sockaddr *)&at, len), 0);
	assert_int_equal(listen(fd, 1), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &len), 0);
	snprintf(host, size, "127.0.0.1:%u", ntohs(at.sin_port));
	return fd;
}

static void descriptors_of_ours_are_close_on_exec(void **state)
{
	static const struct url_scheme ws = { .name = "ws", .form = URL_HOST };
	char host[32];
	int listener = listen_here(host, sizeof(host));
	size_t before = count_inheritable();
	struct err err = ERR_INIT;
	atomic_bool cancelled = false;
	struct url to = { .scheme = &ws, .key = "pipeline.subscriber.url" };
	struct connection *c;
	struct http *http;

	(void)state;
	http = http_new(&err);
	assert_non_null(http);
	to.host = str_of(host);
	c = connection_open(&to, NULL, 5000, &cancelled, &err);
	assert_non_null(c);
	assert_int_equal(count_inheritable(), before);
	connection_close(c);
	http_free(http);
	close(listener);
}

/* Whatever state they are in. */
static void descriptors_of_the_host_stay_as_they_are(void **state)
{
	CURLM *multi;
	int quiet[2], busy[2], running;

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, quiet), 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, busy), 0);
	assert_int_equal(write(busy[0], "x", 1), 1);
	multi = curl_multi_make();
	assert_non_null(multi);
	assert_int_equal(curl_multi_wakeup(multi), CURLM_OK);
	assert_int_equal(curl_multi_poll(multi, NULL, 0, 60000, &running), CURLM_OK);
	assert_int_equal(fcntl(quiet[0], F_GETFD) & FD_CLOEXEC, 0);
	assert_int_equal(fcntl(quiet[1], F_GETFD) & FD_CLOEXEC, 0);
	assert_int_equal(fcntl(busy[0], F_GETFD) & FD_CLOEXEC, 0);
	assert_int_equal(fcntl(busy[1], F_GETFD) & FD_CLOEXEC, 0);
	curl_multi_cleanup(multi);
	close(quiet[0]);
	close(quiet[1]);
	close(busy[0]);
	close(busy[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(descriptors_of_ours_are_close_on_exec),
		cmocka_unit_test(descriptors_of_the_host_stay_as_they_are),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
