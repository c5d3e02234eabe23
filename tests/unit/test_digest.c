/* SPDX-License-Identifier: Apache-2.0 */
/* test_digest.c - known digests (RFC 1321, FIPS 180-4, RFC 4231). */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>
#include "sys/digest.h"

static const struct {
	enum digest_kind kind;
	const char *text;
	const char *hex;
} digests[] = {
	{ DIGEST_MD5, "", "d41d8cd98f00b204e9800998ecf8427e" },
	{ DIGEST_MD5, "abc", "900150983cd24fb0d6963f7d28e17f72" },
	{ DIGEST_MD5, "message digest", "f96b697d7cb7938d525a2f31aaf161d0" },
	{ DIGEST_SHA256, "",
	  "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" },
	{ DIGEST_SHA256, "abc",
	  "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
	{ DIGEST_SHA256, "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
	  "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1" },
};

static void assert_hex(const unsigned char *digest, size_t size, const char *hex)
{
	struct buf text = BUF_INIT(1024);

	digest_put_hex(&text, digest, size);
	assert_int_equal(buf_error(&text), 0);
	assert_string_equal(text.ptr, hex);
	buf_fini(&text);
}

/* In pieces of one byte, and twice with the same state. */
static void known_texts(void **state)
{
	unsigned char out[SHA256_SIZE];
	struct digest d;
	size_t i, j;
	int round;

	(void)state;
	for (i = 0; i < sizeof(digests) / sizeof(digests[0]); i++) {
		assert_int_equal(digest_init(&d, digests[i].kind), 0);
		for (round = 0; round < 2; round++) {
			for (j = 0; digests[i].text[j]; j++)
				digest_add(&d, (struct str){ digests[i].text + j, 1 });
			assert_int_equal(digest_end(&d, out), 0);
			assert_hex(out, strlen(digests[i].hex) / 2, digests[i].hex);
		}
		digest_fini(&d);
		if (digests[i].kind != DIGEST_SHA256)
			continue;
		assert_int_equal(digest_sha256(str_of(digests[i].text), out), 0);
		assert_hex(out, SHA256_SIZE, digests[i].hex);
	}
}

static void nothing_to_end(void **state)
{
	struct digest d = { .state = NULL };

	(void)state;
	digest_fini(&d);
}

static void hmac(void **state)
{
	unsigned char out[SHA256_SIZE];

	(void)state;
	/* RFC 4231 test case 2. */
	assert_int_equal(digest_hmac_sha256(STR("Jefe"),
					    STR("what do ya want for nothing?"), out),
			 0);
	assert_hex(out, sizeof(out),
		   "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
	assert_int_equal(digest_hmac_sha256((struct str){ NULL, 0 },
					    (struct str){ NULL, 0 }, out),
			 0);
	assert_hex(out, sizeof(out),
		   "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
}

/* RFC 4648 section 10. */
static void base64(void **state)
{
	static const char *const pairs[][2] = {
		{ "", "" },
		{ "f", "Zg==" },
		{ "fo", "Zm8=" },
		{ "foo", "Zm9v" },
		{ "foob", "Zm9vYg==" },
		{ "fooba", "Zm9vYmE=" },
		{ "foobar", "Zm9vYmFy" },
		{ "\xfb\xff\xfe", "+//+" },
	};
	struct buf out = BUF_INIT(64);
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		buf_reset(&out);
		digest_put_base64(&out, (const unsigned char *)pairs[i][0],
				  strlen(pairs[i][0]));
		assert_true(str_is(buf_str(&out), pairs[i][1]));
	}
	buf_fini(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(known_texts),
		cmocka_unit_test(nothing_to_end),
		cmocka_unit_test(hmac),
		cmocka_unit_test(base64),
	};

	return cmocka_run_group_tests_name("digest", tests, NULL, NULL);
}
