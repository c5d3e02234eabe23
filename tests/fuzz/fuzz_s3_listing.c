/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_s3_listing.c - a page of a bucket's listing. */
#include "fuzz.h"
#include "writer/s3_listing.h"

struct seen {
	size_t objects;
	int64_t bytes;
	size_t most; /* as many as the page can have */
};

static int see(void *context, const struct listed *listed)
{
	struct seen *seen = context;

	fuzz_check(listed->bytes >= 0, "an object has a size");
	fuzz_check(++seen->objects <= seen->most, "an object has its place in the page");
	seen->bytes ^= listed->bytes + (int64_t)listed->key.len;
	return 0;
}

static int read_page(struct str body, struct seen *seen, struct buf *token,
		     struct err *err)
{
	const struct listing listing = { .see = see, .context = seen };

	*seen = (struct seen){ .most = body.len };
	return s3_listing_read(body, &listing, token, err);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf token = BUF_INIT(1 << 16), again = BUF_INIT(1 << 16);
	struct str body = fuzz_str(data, size);
	struct seen once, twice;
	struct err err = ERR_INIT;
	int result = read_page(body, &once, &token, &err);

	fuzz_check(result == read_page(body, &twice, &again, NULL) &&
			   once.objects == twice.objects && once.bytes == twice.bytes &&
			   str_equal(buf_str(&token), buf_str(&again)),
		   "the same page says the same");
	fuzz_check(result == 0 || *err.text, "whoever fails says why");
	buf_fini(&token);
	buf_fini(&again);
	return 0;
}
