/* SPDX-License-Identifier: Apache-2.0 */
/* test_source_auth.c - to whom users, passwords and cookies go. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>
#include "net/header_text.h"
#include "source/source_options.h"
#include "tests/unit/temporary.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define USER	     "analyzer: {auth: {cluster: {username: admin, password: pw}}}\n"
#define SHARED_USER(user, password)                                                      \
	"analyzer: {auth: {cluster: {username: \"" user "\", password: \"" password      \
	"\"}}}\n"
#define COOKIE	       "http: {cookie: {proxy: c}}\n"
#define ANALYZERS      "analyzers: [\"a.example:8082\"]\n"
#define URL(url)       "pipeline: {subscriber: {url: \"" url "\"}}\n"
#define OWN(url, auth) "pipeline: {subscriber: {url: \"" url "\", auth: {" auth "}}}\n"

struct world {
	struct arena arena;
	struct problems problems;
	struct source_options options;
};

static void open_world(struct world *w, const char *own, const char *below,
		       char *const *variables)
{
	struct config *config = config_new();

	*w = (struct world){ .arena = ARENA_INIT(1 << 20), .problems = PROBLEMS_INIT };
	assert_non_null(config);
	config_environment(config, variables);
	if (own)
		assert_int_equal(config_add(config, "d.yml", str_of(own), false,
					    &w->problems),
				 0);
	assert_int_equal(config_add(config, "m.yml", str_of(below), true, &w->problems),
			 0);
	source_options_read(&w->options, config, &w->arena, &w->problems);
	config_free(config);
}

static void close_world(struct world *w)
{
	problems_fini(&w->problems);
	arena_fini(&w->arena);
}

static void expect(const char *what, struct str got, const char *wanted)
{
	if (!str_is(got, wanted))
		fail_msg("%s: \"" STR_FMT "\", not \"%s\"", what, STR_ARG(got), wanted);
}

static void test_secrets_go_where_they_were_meant(void **state)
{
	static const struct {
		const char *what, *own, *below; /* own: the drop-in's, or NULL */
		const char *username, *password, *cookie;
		bool is_withheld;
	} table[] = {
		{ "a lone file", NULL, USER COOKIE URL("ws://x:1"), "admin", "pw",
		  "proxy=c; ", false },
		{ "a drop-in without a URL", "", USER COOKIE URL("ws://x:1"), "admin",
		  "pw", "proxy=c; ", false },
		{ "another host", URL("ws://evil.example:8082"),
		  USER COOKIE ANALYZERS URL("ws://x:1"), "", "", "", true },
		{ "another port", URL("ws://a.example:8083"), USER COOKIE ANALYZERS, "",
		  "", "", true },
		{ "one of the analyzers", URL("ws://a.example:8082/ws/subscriber/flow"),
		  USER COOKIE ANALYZERS, "admin", "pw", "proxy=c; ", false },
		{ "the same in capitals", URL("WS://A.Example.:8082"), USER ANALYZERS,
		  "admin", "pw", "", false },
		{ "begins as one", URL("ws://a.example.evil:8082"), USER ANALYZERS, "",
		  "", "", true },
		{ "ends as one", URL("ws://evil-a.example:8082"), USER ANALYZERS, "", "",
		  "", true },
		{ "the main file's host by another path", URL("ws://x:1/other?t=1"),
		  USER URL("ws://x:1"), "admin", "pw", "", false },
		{ "the main file's port by its scheme", URL("ws://x:80/ws"),
		  USER URL("ws://x"), "admin", "pw", "", false },
		{ "TLS has another port", URL("wss://x"), USER URL("ws://x"), "", "", "",
		  true },
		{ "this host by another name", URL("ws://localhost:8082"),
		  USER "analyzers: [\"127.0.0.1:8082\"]\n", "admin", "pw", "", false },
		{ "a port alone", URL("ws://127.0.0.1:8082"),
		  USER "analyzers: [\":8082\"]\n", "admin", "pw", "", false },
		{ "no address of this host", URL("ws://127.0.0.1.evil.example:8082"),
		  USER "analyzers: [\"127.0.0.1:8082\"]\n", "", "", "", true },
		{ "an analyzer of its own",
		  "analyzers: [\"evil:1\"]\n" URL("ws://evil:1"), USER COOKIE ANALYZERS,
		  "", "", "", true },
		{ "another socket", URL("ws+unix:///tmp/evil.sock"),
		  USER COOKIE URL("ws+unix:///run/a.sock"), "", "", "", true },
		{ "the same socket", URL("ws+unix:///run/a.sock"),
		  USER URL("ws+unix:///run/a.sock"), "admin", "pw", "", false },
		{ "a user of its own", OWN("ws://b:1", "username: me, password: mine"),
		  USER COOKIE ANALYZERS, "me", "mine", "", false },
		{ "a cookie of its own", OWN("ws://b:1", "cookie: {k: v}"),
		  USER COOKIE ANALYZERS, "", "", "k=v; ", false },
		{ "as a header has it", OWN("ws://b:1", "cookie: \"k=v; L=w\""), USER, "",
		  "", "k=v; L=w; ", false },
		{ "without the other's password", OWN("ws://b:1", "username: me"),
		  USER "pipeline: {subscriber: {url: \"ws://a:1\", auth: {username: u, "
		       "password: p}}}\n",
		  "me", "", "", false },
		{ "the main file's own, elsewhere", URL("ws://b:1"),
		  OWN("ws://a:1", "username: u, password: p, cookie: {k: v}"), "", "", "",
		  true },
		{ "the main file's own, there", "",
		  OWN("ws://a:1", "username: u, password: p"), "u", "p", "", false },
		{ "said where the URL is", USER COOKIE URL("ws://b:1"), URL("ws://a:1"),
		  "admin", "pw", "proxy=c; ", false },
		{ "said in the drop-in alone", USER, URL("ws://a:1"), "admin", "pw", "",
		  false },
		{ "before analyzer.auth",
		  OWN("ws://b:1", "username: me, password: mine") USER, ANALYZERS, "me",
		  "mine", "", false },
		{ "nobody's", URL("ws://b:1"), URL("ws://a:1"), "", "", "", false },
	};
	struct world w;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(table); i++) {
		const struct source_auth *auth = &w.options.auth;

		print_message("  %s\n", table[i].what);
		open_world(&w, table[i].own, table[i].below, NULL);
		if (w.problems.count)
			fail_msg("%s", w.problems.text.ptr);
		expect("username", auth->username, table[i].username);
		expect("password", auth->password, table[i].password);
		expect("cookie", auth->cookie, table[i].cookie);
		assert_int_equal(auth->is_withheld, table[i].is_withheld);
		close_world(&w);
	}
}

/* It stands above the main file, so it says what that says. */
static void test_the_environment_is_the_main_files(void **state)
{
	char password[] = "SKYDIVE_ANALYZER_AUTH_CLUSTER_PASSWORD=of-the-host";
	char *const variables[] = { password, NULL };
	struct world w;

	(void)state;
	open_world(&w, URL("ws://b:1"), USER URL("ws://a:1"), variables);
	expect("elsewhere", w.options.auth.password, "");
	close_world(&w);
	open_world(&w, NULL, USER URL("ws://a:1"), variables);
	expect("there", w.options.auth.password, "of-the-host");
	close_world(&w);
}

static void test_what_is_wrong_has_a_place(void **state)
{
	static const struct {
		const char *auth, *says;
	} table[] = {
		{ "username: u, password: p, password_file: /f",
		  "m.yml:1: pipeline.subscriber.auth.password_file: password is set too" },
		{ "password: p", "auth.username: must be set, too" },
		{ "username: u, password_file: /none/such",
		  "auth.password_file: cannot read the secret in /none/such: No such" },
		{ "cookie: \"c\"", "auth.cookie: the value where a map" },
		{ "cookie: [a]", "auth.cookie: a list where a map" },
		{ "cookie: {a: \"x\\r\\nHost: evil\"}", "auth.cookie: holds the end of" },
		{ "cookie: {\"a\\n\": x}", "auth.cookie: holds the end of" },
		{ "cookie: {a: \"x\\0y\"}", "auth.cookie: holds the end of" },
		{ "cookie: {\"\": x}", "auth.cookie: " },
		{ "cookie: {a: \" x\"}", "auth.cookie: it begins or ends with a blank" },
		{ "cookie: {a: x, \"b \": x}", "auth.cookie: it begins or ends with" },
		{ "username: u, password: \"p \"",
		  "auth.password: it begins or ends with a blank or the end of a line" },
		{ "username: u, password: \"p\\n\"", "auth.password: it begins or ends" },
		{ "username: u, password: \"\\tp\"", "auth.password: it begins or ends" },
		{ "username: \"u \", password: p", "auth.username: it begins or ends" },
	};
	struct buf yaml = BUF_INIT(4096);
	struct world w;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(table); i++) {
		buf_reset(&yaml);
		buf_printf(&yaml,
			   "pipeline: {subscriber: {url: \"ws://a:1\", auth: {%s}}}\n",
			   table[i].auth);
		open_world(&w, NULL, buf_str(&yaml).ptr, NULL);
		assert_int_equal(w.problems.count, 1);
		if (!strstr(w.problems.text.ptr, table[i].says))
			fail_msg("%s: %s", table[i].auth, w.problems.text.ptr);
		assert_null(strstr(w.problems.text.ptr, "evil"));
		close_world(&w);
	}
	buf_fini(&yaml);
}

/* The file that says it is named; what a host does not get is not looked at. */
static void test_a_pasted_secret_of_all_analyzers_is_refused(void **state)
{
	static const struct {
		const char *own, *below, *says; /* NULL: nothing */
	} table[] = {
		{ NULL, SHARED_USER("admin", "pw ") URL("ws://a:1"),
		  "m.yml:1: analyzer.auth.cluster.password: it begins or ends" },
		{ "", SHARED_USER("admin\\n", "pw") URL("ws://a:1"),
		  "m.yml:1: analyzer.auth.cluster.username: it begins or ends" },
		{ "\n" SHARED_USER("admin", "\\r\\npw"), URL("ws://a:1"),
		  "d.yml:2: analyzer.auth.cluster.password: it begins or ends" },
		{ "http: {cookie: {proxy: \"c \"}}\n", USER URL("ws://a:1"),
		  "d.yml:1: http.cookie: it begins or ends" },
		{ "http: {cookie: {proxy: \"c\\nX: y\"}}\n", USER URL("ws://a:1"),
		  "d.yml:1: http.cookie: holds the end of a line" },
		{ URL("ws://b:1"), SHARED_USER("admin", "pw ") URL("ws://a:1"), NULL },
	};
	struct world w;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(table); i++) {
		open_world(&w, table[i].own, table[i].below, NULL);
		print_message("  %zu: %s\n", i,
			      w.problems.count ? w.problems.text.ptr : "");
		assert_int_equal(w.problems.count, table[i].says != NULL);
		if (table[i].says)
			assert_non_null(strstr(w.problems.text.ptr, table[i].says));
		close_world(&w);
	}
}

static void test_a_password_may_stand_in_a_file(void **state)
{
	char path[TEMPORARY_SIZE];
	struct buf yaml = BUF_INIT(4096);
	int fd = temporary_file(path, sizeof(path), "source-auth");
	struct world w;

	(void)state;
	assert_int_equal(write(fd, "of the file\r\n", 13), 13);
	close(fd);
	buf_printf(&yaml,
		   "pipeline: {subscriber: {url: \"ws://a:1\", auth: {username: u, "
		   "password_file: %s}}}\n",
		   path);
	open_world(&w, NULL, buf_str(&yaml).ptr, NULL);
	expect("password", w.options.auth.password, "of the file");
	close_world(&w);
	buf_fini(&yaml);
	unlink(path);
}

/* One connection serves all pipelines of a URL: they must be one user there. */
static void test_two_users_need_two_urls(void **state)
{
	static const char *const auths[] = { "username: a", "username: b",
					     "username: a, password: p",
					     "cookie: {k: v}" };
	struct buf x = BUF_INIT(4096), y = BUF_INIT(4096);
	struct world a, b;
	size_t i, j;

	(void)state;
	for (i = 0; i < COUNT(auths); i++)
		for (j = 0; j < COUNT(auths); j++) {
			const char *key;

			buf_reset(&x);
			buf_reset(&y);
			buf_printf(&x, OWN("ws://a:1", "%s"), auths[i]);
			buf_printf(&y, OWN("ws://a:1", "%s"), auths[j]);
			open_world(&a, NULL, buf_str(&x).ptr, NULL);
			open_world(&b, NULL, buf_str(&y).ptr, NULL);
			key = source_options_conflict(&a.options, &b.options);
			if (i == j)
				assert_null(key);
			else
				assert_string_equal(key, "auth");
			close_world(&a);
			close_world(&b);
		}
	buf_fini(&x);
	buf_fini(&y);
}

static void test_who_can_be_overheard(void **state)
{
	static const struct {
		const char *yaml;
		bool is_bare;
	} table[] = {
		{ USER URL("ws://a.example:8082"), true },
		{ USER URL("ws://10.0.0.1:8082"), true },
		{ USER URL("wss://a.example:8082"), false },
		{ USER URL("ws://127.0.0.1:8082"), false },
		{ USER URL("ws://localhost:8082"), false },
		{ USER URL("ws://[::1]:8082"), false },
		{ USER URL("ws+unix:///run/a.sock"), false },
		{ URL("ws://a.example:8082"), false },
	};
	struct world w;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(table); i++) {
		open_world(&w, NULL, table[i].yaml, NULL);
		assert_int_equal(source_auth_is_bare(&w.options.auth, &w.options.url),
				 table[i].is_bare);
		close_world(&w);
	}
}

static void test_no_header_is_two(void **state)
{
	static const struct {
		struct str text;
		bool fits;
	} table[] = {
		{ { "", 0 }, true },	    { { "a b;c=\xc3\xa4", 8 }, true },
		{ { "a\r\nb", 4 }, false }, { { "a\n", 2 }, false },
		{ { "\ra", 2 }, false },    { { "a\0b", 3 }, false },
		{ { "a\x7f", 2 }, false },  { { "\x1b[31m", 5 }, false },
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(table); i++)
		assert_int_equal(header_text_fits(table[i].text), table[i].fits);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_secrets_go_where_they_were_meant),
		cmocka_unit_test(test_the_environment_is_the_main_files),
		cmocka_unit_test(test_what_is_wrong_has_a_place),
		cmocka_unit_test(test_a_pasted_secret_of_all_analyzers_is_refused),
		cmocka_unit_test(test_a_password_may_stand_in_a_file),
		cmocka_unit_test(test_two_users_need_two_urls),
		cmocka_unit_test(test_who_can_be_overheard),
		cmocka_unit_test(test_no_header_is_two),
	};

	return cmocka_run_group_tests_name("source_auth", tests, NULL, NULL);
}
