/* SPDX-License-Identifier: Apache-2.0 */
/* test_credentials.c - headers, the form of a login, and what it is answered. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <cmocka.h>
#include "net/credentials.h"

static void headers(void **state)
{
	struct buf b = BUF_INIT(1024);

	(void)state;
	credentials_put_basic(&b, STR("Aladdin"), STR("open sesame"));
	assert_string_equal(b.ptr, "Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
	buf_reset(&b);
	credentials_put_cookie(&b, STR("t1"), STR("route=blue; "));
	assert_string_equal(b.ptr, "Cookie: authtoken=t1; route=blue; ");
	buf_reset(&b);
	credentials_put_cookie(&b, STR("t1"), STR(""));
	assert_string_equal(b.ptr, "Cookie: authtoken=t1");
	credentials_forget(&b);
	assert_null(b.ptr);
}

/* What could end a value or begin another one is encoded, bytes too. */
static void the_form(void **state)
{
	struct buf b = BUF_INIT(1024);

	(void)state;
	credentials_put_form(&b, STR("a user@x"), STR("p&q=r+s%\xc3\xa9\r\n~._-Z9"));
	assert_string_equal(b.ptr, "username=a%20user%40x"
				   "&password=p%26q%3Dr%2Bs%25%C3%A9%0D%0A~._-Z9");
	buf_fini(&b);
}

static void replies(void **state)
{
	static const struct {
		int status;
		const char *body, *token; /* NULL: an error */
	} table[] = {
		{ 200, "{\"Token\":\"gAAAA-b_c==\",\"Permissions\":[]}\n",
		  "gAAAA-b_c==" },
		{ 200, "{\"Permissions\":[{\"Object\":\"a\"}],\"Token\":\"t\"}", "t" },
		{ 200, "{\"Token\":\"a\\u002fb\"}", "a/b" },
		{ 200, "{\"Token\":\"\"}", "" }, /* no authentication at all */
		{ 200, "{}", "" },
		{ 200, "{\"Token\":\"a\\r\\nX-Evil: b\"}", NULL },
		{ 200, "{\"Token\":\"a; b\"}", NULL },
		{ 200, "{\"Token\":\"a b\"}", NULL },
		{ 200, "{\"Token\":\"a\\u0000b\"}", NULL },
		{ 200, "{\"Token\":\"0123456789012345678901234567890123\"}", NULL },
		{ 200, "<html>", NULL },
		{ 200, "", NULL },
		{ 401, "Wrong credentials secret", NULL },
		{ 404, "{\"Token\":\"t\"}", NULL },
		{ 302, "", NULL },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct buf token = BUF_INIT(32);
		struct err err = ERR_INIT;
		int error = credentials_read_token(table[i].status, str_of(table[i].body),
						   &token, &err);

		print_message("  %s %s\n", table[i].body, err.text);
		assert_int_equal(error, table[i].token ? 0 : -EINVAL);
		if (table[i].token)
			assert_true(str_is(buf_str(&token), table[i].token));
		assert_null(strstr(err.text, "secret"));
		credentials_forget(&token);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(headers),
		cmocka_unit_test(the_form),
		cmocka_unit_test(replies),
	};

	return cmocka_run_group_tests_name("credentials", tests, NULL, NULL);
}
