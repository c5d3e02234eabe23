/* SPDX-License-Identifier: Apache-2.0 */
/* test_s3_listing.c - pages of listings, as several stores write them. */
#include <errno.h>
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include "writer/s3_listing.h"

#define HEAD                                                                             \
	"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"                                   \
	"<ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">"
#define LAST "<IsTruncated>false</IsTruncated>"
#define END  "</ListBucketResult>"
#define OBJECT(key, size)                                                                \
	"<Contents><Key>" key "</Key><LastModified>2026-11-28T10:00:00.000Z"             \
	"</LastModified><ETag>&quot;e&quot;</ETag><Size>" size                           \
	"</Size><Owner><ID>1</ID></Owner></Contents>"

struct seen {
	struct buf text; /* "key=bytes " for each */
	int ends_at;	 /* 0: never */
};

static int see(void *context, const struct listed *listed)
{
	struct seen *seen = context;

	buf_printf(&seen->text, STR_FMT "=%" PRId64 " ", STR_ARG(listed->key),
		   listed->bytes);
	return seen->ends_at && --seen->ends_at == 0 ? 7 : 0;
}

static int read_page(const char *body, struct seen *seen, struct buf *token,
		     struct err *err)
{
	const struct listing listing = { .see = see, .context = seen };

	return s3_listing_read(str_of(body), &listing, token, err);
}

static void test_pages(void **state)
{
	static const struct {
		const char *body, *seen, *token;
	} cases[] = {
		{ HEAD LAST END, "", "" },
		{ HEAD "<Name>b</Name><Prefix/>" LAST OBJECT("l/a.gz", "12")
			  OBJECT("l/b.gz", "0") END,
		  "l/a.gz=12 l/b.gz=0 ", "" },
		{ HEAD OBJECT("a", "1") "<IsTruncated>true</IsTruncated>"
					"<NextContinuationToken>1&amp;2=</"
					"NextContinuationToken>" END,
		  "a=1 ", "1&2=" },
		{ HEAD
		  "<EncodingType>url</EncodingType>" LAST OBJECT("l/a%20b%2Bc+d%C3%A9%26",
								 "3") END,
		  "l/a b+c d\xc3\xa9&=3 ", "" },
		{ HEAD LAST OBJECT("a%20+&amp;&lt;&gt;&quot;&apos;&#233;&#x20AC;", "3")
			  END,
		  "a%20+&<>\"'\xc3\xa9\xe2\x82\xac=3 ", "" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct seen seen = { BUF_INIT(4096), 0 };
		struct buf token = BUF_INIT(4096);
		struct err err = ERR_INIT;

		if (read_page(cases[i].body, &seen, &token, &err) != 0)
			fail_msg("%s: %s", cases[i].body, err.text);
		assert_true(str_is(buf_str(&seen.text), cases[i].seen));
		assert_true(str_is(buf_str(&token), cases[i].token));
		buf_fini(&seen.text);
		buf_fini(&token);
	}
}

#define NO_LISTING "the answer is no listing, or it is cut: is endpoint an S3 server?"
#define NO_OBJECT  "the store's listing has an object without a readable key and size"

static void test_what_is_no_page(void **state)
{
	static const struct {
		const char *body, *why;
	} cases[] = {
		{ "", NO_LISTING },
		{ "<html></html>", NO_LISTING },
		{ HEAD LAST OBJECT("a", "1"), NO_LISTING },
		{ HEAD END, "the store's listing does not say whether it goes on" },
		{ HEAD "<IsTruncated>true</IsTruncated>" END,
		  "the store's listing goes on, but it does not say where: it knows no "
		  "ListObjectsV2" },
		{ HEAD LAST OBJECT("a", "") END, NO_OBJECT },
		{ HEAD LAST OBJECT("a", "-1") END, NO_OBJECT },
		{ HEAD LAST OBJECT("a", "99999999999999999999") END, NO_OBJECT },
		{ HEAD LAST OBJECT("&none;", "1") END, NO_OBJECT },
		{ HEAD LAST OBJECT("&#0;", "1") END, NO_OBJECT },
		{ HEAD LAST OBJECT("&#x110000;", "1") END, NO_OBJECT },
		{ HEAD LAST OBJECT("a &", "1") END, NO_OBJECT },
		{ HEAD "<EncodingType>url</EncodingType>" LAST OBJECT("%2", "1") END,
		  NO_OBJECT },
		{ HEAD LAST "<Contents><Size>1</Size></Contents>" END, NO_OBJECT },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct seen seen = { BUF_INIT(4096), 0 };
		struct buf token = BUF_INIT(4096);
		struct err err = ERR_INIT;

		assert_int_equal(read_page(cases[i].body, &seen, &token, &err), -EINVAL);
		assert_string_equal(err.text, cases[i].why);
		buf_fini(&seen.text);
		buf_fini(&token);
	}
}

static void test_who_sees_may_end_it(void **state)
{
	struct seen seen = { BUF_INIT(4096), 2 };
	struct buf token = BUF_INIT(4096);

	(void)state;
	assert_int_equal(read_page(HEAD LAST OBJECT("a", "1") OBJECT("b", "1")
					   OBJECT("c", "1") END,
				   &seen, &token, NULL),
			 7);
	assert_true(str_is(buf_str(&seen.text), "a=1 b=1 "));
	buf_fini(&seen.text);
	buf_fini(&token);
}

static void test_the_query_is_sorted_and_encoded(void **state)
{
	struct buf query = BUF_INIT(4096);

	(void)state;
	s3_listing_put_query(&query, STR("l/a b-c"), STR(""));
	assert_true(str_is(buf_str(&query), "encoding-type=url&list-type=2&"
					    "prefix=l%2Fa%20b-c"));
	buf_reset(&query);
	s3_listing_put_query(&query, STR(""), STR("1/+="));
	assert_true(str_is(buf_str(&query), "continuation-token=1%2F%2B%3D&"
					    "encoding-type=url&list-type=2&prefix="));
	buf_fini(&query);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pages),
		cmocka_unit_test(test_what_is_no_page),
		cmocka_unit_test(test_who_sees_may_end_it),
		cmocka_unit_test(test_the_query_is_sorted_and_encoded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
