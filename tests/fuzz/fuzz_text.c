/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_text.c - short texts: addresses, numbers, URLs, keys. */
#include "base/cidr.h"
#include "format/number.h"
#include "fuzz.h"
#include "net/endpoint.h"
#include "pipeline/object.h"
#include "source/registry.h"

static void check_url(struct str text)
{
	struct url url = { .text = text };
	const struct source *source;
	struct endpoint endpoint;
	struct err err = ERR_INIT;

	if (source_find(text, &source, &url, &err) == 0) {
		fuzz_touch(url.host);
		fuzz_touch(url.path);
		fuzz_touch(url.target);
	} else {
		fuzz_check(*err.text, "whoever fails says why");
	}
	if (endpoint_parse(text, &endpoint, &err) == 0) {
		fuzz_check(endpoint.port <= 65535, "a port has 16 bits");
		fuzz_touch(endpoint.host);
	}
}

static void check_number(struct str text)
{
	struct buf b = BUF_INIT(FUZZ_MEMORY);
	int64_t value, again;
	double number, back;

	number_parse(text, &value);
	if (number_parse_duration(text, &value) == 0) {
		number_put_duration(&b, value);
		fuzz_check(number_parse_duration(buf_str(&b), &again) == 0 &&
				   again == value,
			   "a duration that was written is the same");
		buf_reset(&b);
	}
	if (number_parse_size(text, &value) == 0) {
		number_put_size(&b, value);
		fuzz_check(number_parse_size(buf_str(&b), &again) == 0 && again == value,
			   "a size that was written is the same");
		buf_reset(&b);
	}
	if (number_parse_float(text, &number) == 0) {
		number_put_float(&b, number);
		fuzz_check(b.len > 127 || (number_parse_float(buf_str(&b), &back) == 0 &&
					   memcmp(&back, &number, sizeof(back)) == 0),
			   "a number that was written is the same");
	}
	buf_fini(&b);
}

static void check_address(struct str text)
{
	struct cidr cidr;
	struct cidr_set set = { &cidr, 1 };
	struct address address;
	struct err err = ERR_INIT;

	address_parse(text, &address);
	if (cidr_parse(text, &cidr, &err) == 0) {
		fuzz_check(cidr.bits <= 128 && cidr_set_contains(&set, &cidr.prefix),
			   "a prefix is in itself");
	}
}

static void check_key(struct str text)
{
	struct buf once = BUF_INIT(FUZZ_MEMORY), twice = BUF_INIT(FUZZ_MEMORY);

	object_key_clean(text, &once);
	object_key_clean(buf_str(&once), &twice);
	fuzz_check(str_equal(buf_str(&once), buf_str(&twice)), "a clean key stays");
	fuzz_check(!once.len || once.ptr[0] != '/', "no slash in front");
	fuzz_check(!str_starts(buf_str(&once), STR("../")) &&
			   !str_is(buf_str(&once), ".."),
		   "no key leads out");
	buf_fini(&once);
	buf_fini(&twice);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str text = fuzz_str(data, size);

	check_url(text);
	check_number(text);
	check_address(text);
	check_key(text);
	return 0;
}
