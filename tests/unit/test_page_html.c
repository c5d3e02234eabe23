/* SPDX-License-Identifier: Apache-2.0 */
/* test_page_html.c - what comes from outside stays text: elements, attributes, addresses;
 * and the curves beside numbers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>
#include "net/httpd_page.h"
#include "page/html.h"
#include "page/sparkline.h"
#include "page/style.h"
#include "sys/digest.h"

static const struct {
	const char *text, *escaped;
} texts[] = {
	{ "", "" },
	{ "plain text, 1.5 MiB", "plain text, 1.5 MiB" },
	{ "<script>alert('1')</script>",
	  "&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;" },
	{ "\" onmouseover=\"x", "&quot; onmouseover=&quot;x" },
	{ "a&amp;b", "a&amp;amp;b" },
	{ "two\nlines\tand a tab", "two\nlines\tand a tab" },
	{ "\x1b[2J\x07\x7f", " [2J  " },
	{ "Z\xc3\xbcrich \xe2\x82\xac", "Z\xc3\xbcrich \xe2\x82\xac" },
	{ "\xc0\xbcscript>", "\xef\xbf\xbd\xef\xbf\xbdscript&gt;" }, /* an overlong "<" */
	{ "\xe2\x82", "\xef\xbf\xbd\xef\xbf\xbd" },
};

static void text_and_attributes_are_escaped(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct buf out = BUF_INIT(4096), want = BUF_INIT(4096);
		struct html h = { .out = &out };

		html_open(&h, "p");
		html_attribute(&h, "title", str_of(texts[i].text));
		html_text(&h, str_of(texts[i].text));
		html_close(&h, "p");
		buf_printf(&want, "<p title=\"%s\">%s</p>", texts[i].escaped,
			   texts[i].escaped);
		assert_string_equal(buf_str(&out).ptr, buf_str(&want).ptr);
		buf_fini(&out);
		buf_fini(&want);
	}
}

static void elements_nest(void **state)
{
	struct buf out = BUF_INIT(4096);
	struct html h = { .out = &out };

	(void)state;
	html_open(&h, "tr");
	html_open(&h, "td");
	html_close(&h, "td");
	html_element(&h, "td", "n", STR("1 < 2"));
	html_element(&h, "td", NULL, STR("x"));
	html_open(&h, "br");
	html_printf(&h, "%d %s", 7, "<b>");
	html_open(&h, "style");
	html_constant(&h, "a>b{}");
	html_close(&h, "style");
	html_close(&h, "tr");
	assert_string_equal(buf_str(&out).ptr,
			    "<tr><td></td><td class=\"n\">1 &lt; 2</td><td>x</td><br>7 "
			    "&lt;b&gt;<style>a>b{}</style></tr>");
	buf_fini(&out);
}

static void addresses_are_encoded(void **state)
{
	struct buf out = BUF_INIT(4096);

	(void)state;
	url_encode(&out, STR("a-Z_0.9~ /?&=#%\"<\xc3\xbc"));
	assert_string_equal(buf_str(&out).ptr,
			    "a-Z_0.9~%20%2F%3F%26%3D%23%25%22%3C%C3%BC");
	buf_fini(&out);
}

static const struct {
	int64_t value[6];
	const char *path;
} curves[] = {
	{ { 0, 0, 0, 0, 0, 0 }, "M0 14h5" },
	{ { 5, 5, 5, 5, 5, 5 }, "M0 1h5" },
	{ { 0, 10, 10, 0, 5, 5 }, "M0 14l1-13h1l1 13l1-7h1" },
	{ { 1, 0, 0, 0, 0, 13 }, "M0 13l1 1h3l1-13" },
	{ { INT64_MAX, 0, 0, INT64_MAX / 2, 0, 0 }, "M0 1l1 13h1l1-7l1 7h1" },
	{ { -4, 0, 0, 0, 0, 1 }, "M0 14h4l1-13" },
};

static void curves_are_short(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(curves) / sizeof(curves[0]); i++) {
		struct buf out = BUF_INIT(4096), want = BUF_INIT(4096);
		struct html h = { .out = &out };

		sparkline_put(&h, curves[i].value, 6);
		buf_printf(&want,
			   "<svg aria-hidden=\"true\" viewBox=\"0 0 5 15\" "
			   "preserveAspectRatio=\"none\"><path d=\"%s\"/></svg>",
			   curves[i].path);
		assert_string_equal(buf_str(&out).ptr, buf_str(&want).ptr);
		buf_fini(&out);
		buf_fini(&want);
	}
}

static void check_hash(const char *policy, const char *text)
{
	struct buf hash = BUF_INIT(128);
	unsigned char digest[SHA256_SIZE];

	assert_int_equal(digest_sha256(str_of(text), digest), 0);
	buf_puts(&hash, "'sha256-");
	digest_put_base64(&hash, digest, sizeof(digest));
	buf_putc(&hash, '\'');
	assert_non_null(strstr(policy, buf_str(&hash).ptr));
	buf_fini(&hash);
}

static void policy_names_style_and_script(void **state)
{
	char policy[HTTPD_POLICY_MAX], little[64];

	(void)state;
	assert_int_equal(page_policy(policy, sizeof(policy)), 0);
	assert_int_equal(strncmp(policy, "default-src 'none'; ", 20), 0);
	check_hash(policy, page_style);
	check_hash(policy, page_list);
	check_hash(policy, page_script);
	assert_null(strstr(policy, "unsafe"));
	assert_int_not_equal(page_policy(little, sizeof(little)), 0);
	assert_string_equal(little, "default-src 'none'; frame-ancestors 'none'");
}

/* They would end their element, or need markup that is not theirs. */
static void style_and_script_are_plain(void **state)
{
	(void)state;
	assert_null(strchr(page_style, '<'));
	assert_null(strchr(page_list, '<'));
	assert_null(strchr(page_script, '<'));
	assert_null(strstr(page_style, "url("));
	assert_null(strstr(page_style, "@import"));
	assert_null(strstr(page_script, "innerHTML"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_and_attributes_are_escaped),
		cmocka_unit_test(elements_nest),
		cmocka_unit_test(addresses_are_encoded),
		cmocka_unit_test(curves_are_short),
		cmocka_unit_test(policy_names_style_and_script),
		cmocka_unit_test(style_and_script_are_plain),
	};

	return cmocka_run_group_tests_name("page_html", tests, NULL, NULL);
}
