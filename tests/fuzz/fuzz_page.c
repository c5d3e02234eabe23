/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_page.c - what readers ask of the pages, and what comes from outside in them. */
#include "base/utf8.h"
#include "fuzz.h"
#include "net/httpd_host.h"
#include "page/html.h"
#include "page/query.h"

static int digit(char c)
{
	return c >= 'A' ? c - 'A' + 10 : c - '0';
}

/* As a server reads an address that we wrote: items end with a NUL. */
static void decode(struct str address, struct buf *items)
{
	struct str rest = str_skip(address, str_until(address, '?').len + 1);

	for (; rest.len; rest = str_skip(rest, *rest.ptr == '%' ? 3 : 1))
		if (*rest.ptr == '%')
			buf_putc(items,
				 (char)(digit(rest.ptr[1]) << 4 | digit(rest.ptr[2])));
		else
			buf_putc(items, *rest.ptr == '&' ? '\0' : *rest.ptr);
	buf_putc(items, '\0');
}

static void check_query(struct str bytes)
{
	struct buf address = BUF_INIT(FUZZ_MEMORY), items = BUF_INIT(FUZZ_MEMORY);
	struct query q = query_read(bytes), again;
	size_t i;

	fuzz_check(q.n <= QUERY_N_MAX && q.sort < SORTS, "a page has its bounds");
	fuzz_check(query_wants(&q, q.name), "what is asked for is wanted");
	query_put(&address, &q);
	for (i = 0; i < address.len; i++)
		fuzz_check(address.ptr[i] > ' ' && address.ptr[i] < 0x7f &&
				   !strchr("<>\"'", address.ptr[i]),
			   "an address is plain");
	decode(buf_str(&address), &items);
	again = query_read(buf_str(&items));
	fuzz_check(str_equal(q.name, again.name) && q.only_bad == again.only_bad &&
			   q.sort == again.sort && q.n == again.n,
		   "an address that was written asks for the same");
	buf_fini(&address);
	buf_fini(&items);
}

/* What a browser makes of it is text, and nothing else. */
static void check_text(struct str bytes)
{
	static const char *const references[] = { "&amp;", "&lt;", "&gt;", "&quot;",
						  "&#39;" };
	struct buf out = BUF_INIT(FUZZ_MEMORY);
	struct html h = { .out = &out };
	struct str rest;
	size_t n, i;

	html_text(&h, bytes);
	for (rest = buf_str(&out); rest.len; rest = str_skip(rest, n)) {
		n = (unsigned char)*rest.ptr < 0x80 ? 1 : utf8_len(rest);
		fuzz_check(n > 0, "a page is UTF-8");
		fuzz_check(n > 1 || (*rest.ptr && !strchr("<>\"'", *rest.ptr)),
			   "markup is escaped");
		if (*rest.ptr != '&')
			continue;
		for (i = 0; i < 5 && !str_starts(rest, str_of(references[i])); i++)
			;
		fuzz_check(i < 5, "an ampersand begins a reference");
	}
	buf_fini(&out);
}

static void check_host(struct str bytes)
{
	struct socket_address here;
	struct err err = ERR_INIT;

	fuzz_check(listen_address_parse("127.0.0.1:1", &here, &err) == 0,
		   "loopback is there");
	if (!httpd_host_is_ours(bytes, STR("name.example"), &here))
		return;
	fuzz_check(bytes.len && !memchr(bytes.ptr, ' ', bytes.len) &&
			   !memchr(bytes.ptr, ',', bytes.len) &&
			   !memchr(bytes.ptr, '@', bytes.len),
		   "a name of ours is one name");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str bytes = fuzz_str(data, size);

	check_query(bytes);
	check_text(bytes);
	check_host(bytes);
	return 0;
}
