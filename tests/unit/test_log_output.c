/* SPDX-License-Identifier: Apache-2.0 */
/* test_log_output.c - what the keys of the log's outputs may say, and the socket of
 * syslog.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <cmocka.h>
#include "base/str.h"
#include "sys/log_output.h"

#define LONG_PATH                                                                        \
	"/tmp/12345678901234567890123456789012345678901234567890123456789012345678901"   \
	"23456789012345678901234567890123456789"

static struct logging_options options_of(struct str *backend, const char *protocol,
					 const char *address)
{
	struct logging_options o = *(const struct logging_options *)
					    logging_shape.defaults;

	o.backends = (struct strs){ backend, 1 };
	o.syslog_protocol = str_of(protocol);
	o.syslog_address = str_of(address);
	return o;
}

/* What is no use at a start is no use when the files are checked. */
static void test_check_says_what_a_start_would(void **state)
{
	static const struct {
		const char *backend, *protocol, *address, *key; /* NULL: it is fine */
	} cases[] = {
		{ "syslog", "unixgram", "/dev/log", NULL },
		{ "SysLog", "UNIXGRAM", "/dev/log", NULL },
		{ "syslog", "udp", "/dev/log", "syslog.protocol" },
		{ "syslog", "", "/dev/log", "syslog.protocol" },
		{ "syslog", "unixgram", LONG_PATH, "syslog.address" },
		{ "STDERR", "udp", LONG_PATH, NULL },
		{ "journal", "unixgram", "/dev/log", "backends[0]" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct str backend = str_of(cases[i].backend);
		struct logging_options o = options_of(&backend, cases[i].protocol,
						      cases[i].address);
		struct err err = ERR_INIT;
		int error = log_outputs_check(&o, &err);

		print_message("  %s %s\n", cases[i].backend, cases[i].protocol);
		assert_int_equal(error < 0, cases[i].key != NULL);
		assert_string_equal(err.key, cases[i].key ? cases[i].key : "");
	}
}

static void test_syslog_hears_a_line(void **state)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	struct str backend = STR("SYSLOG");
	char folder[] = "/tmp/test-log-output-XXXXXX", heard[256] = "";
	struct err err = ERR_INIT;
	struct log_outputs *outputs;
	struct logging_options o;
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	(void)state;
	assert_non_null(mkdtemp(folder));
	snprintf(address.sun_path, sizeof(address.sun_path), "%s/log", folder);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	o = options_of(&backend, "UnixGram", address.sun_path);
	outputs = log_outputs_new(&o, NULL, &err);
	assert_non_null(outputs);
	log_outputs_write(outputs, SKYDIVE_LOG_WARNING, "a=1");
	assert_true(recv(fd, heard, sizeof(heard) - 1, MSG_DONTWAIT) > 0);
	assert_true(str_starts(str_of(heard), STR("<28>skydive-exporter[")));
	assert_non_null(strstr(heard, "]: a=1"));
	log_outputs_free(outputs);
	close(fd);
	unlink(address.sun_path);
	assert_int_equal(rmdir(folder), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_check_says_what_a_start_would),
		cmocka_unit_test(test_syslog_hears_a_line),
	};

	return cmocka_run_group_tests_name("log_output", tests, NULL, NULL);
}
