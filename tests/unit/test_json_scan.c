/* SPDX-License-Identifier: Apache-2.0 */
/* test_json_scan.c - eight bytes a step find what one byte a step finds. */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>
#include "format/json_scan.h"

#define LEN_MAX 20

/* A copy that ends where the text ends, so that a sanitizer sees a read past
 * the end. The caller frees. */
static char *exact(const char *text, size_t len)
{
	char *copy = malloc(len ? len : 1);

	assert_non_null(copy);
	memcpy(copy, text, len);
	return copy;
}

static bool ends_plain(unsigned c)
{
	return c < 0x20 || c == '"' || c == '\\';
}

static void test_words_answer_for_each_byte(void **state)
{
	char bytes[WORD_SIZE];
	unsigned c, place;

	(void)state;
	for (c = 0; c < 256; c++) {
		for (place = 0; place < WORD_SIZE; place++) {
			uint64_t word;

			memset(bytes, 0xe1, sizeof(bytes));
			bytes[place] = (char)c;
			word = word_load(bytes);
			assert_int_equal(word >> 8 * place & 0xff, c);
			assert_int_equal(!!word_below(word, 0x20), c < 0x20);
			assert_int_equal(!!word_equal(word, '<'), c == '<');
			if (c == '<')
				assert_int_equal(word_first(word_equal(word, '<')),
						 place);
		}
	}
}

/* Every byte at every place of every length, with another end behind it. */
static void test_strings_stop_at_the_first_special_byte(void **state)
{
	static const char fill[] = {
		'a', '!', '#', '[', ']', ' ', (char)0xff, (char)0xa2
	};
	char text[LEN_MAX];
	size_t len, place;
	unsigned c;

	(void)state;
	for (len = 1; len <= LEN_MAX; len++) {
		for (place = 0; place < len; place++) {
			for (c = 0; c < 256; c++) {
				size_t expected = ends_plain(c) ? place : len - 1;
				char *copy;

				memset(text, fill[c % sizeof(fill)], len);
				text[len - 1] = '"';
				text[place] = (char)c;
				if (place == len - 1 && !ends_plain(c))
					expected = len;
				copy = exact(text, len);
				if (json_scan_string(copy, copy + len) != copy + expected)
					fail_msg("byte %u at %zu of %zu", c, place, len);
				free(copy);
			}
		}
	}
}

static void test_numbers_of_every_length_are_read(void **state)
{
	char text[64];
	int64_t value, expected;
	int digits, i;

	(void)state;
	for (digits = 1; digits <= 15; digits++) {
		for (expected = 1, i = 1; i < digits; i++)
			expected = expected * 10 + i * 7 % 10;
		for (i = 0; i < 2; i++) {
			snprintf(text, sizeof(text), "%" PRId64 "%c123456789012345",
				 expected, i ? ',' : '}');
			assert_ptr_equal(json_scan_number(text, text + strlen(text),
							  &value),
					 text + digits);
			assert_true(value == expected);
		}
	}
	strcpy(text, "0,\"A\":0123456789");
	assert_ptr_equal(json_scan_number(text, text + strlen(text), &value), text + 1);
	assert_true(value == 0);
}

static void test_other_numbers_are_left_alone(void **state)
{
	static const char *const texts[] = {
		"",
		"1,",
		"-1,               ",
		"01,              ",
		"1.5,             ",
		"1e3,             ",
		"1 ,              ",
		"1],              ",
		"1234567890123456,",
		"12345678901234567890,",
		"a,               ",
		",                ",
		"1234567a,        ",
		"12345678:,       ",
		"12:,            ",
		"1/,             ",
		"1\xb1,             ",
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		size_t len = strlen(texts[i]);
		char *copy = exact(texts[i], len);
		int64_t value = 7;

		if (json_scan_number(copy, copy + len, &value) || value != 7)
			fail_msg("%s", texts[i]);
		free(copy);
	}
}

/* One byte of the text differs, inside the key or behind it. */
static void test_keys_are_compared_to_their_end(void **state)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz\0\0\0\0\0\0\0";
	char text[LEN_MAX + WORD_SIZE];
	size_t len, place;

	(void)state;
	for (len = 1; len <= LEN_MAX; len++) {
		size_t room = len < WORD_SIZE ? WORD_SIZE : len;

		for (place = 0; place < room; place++) {
			char key[sizeof(letters)] = "", *copy;

			memcpy(key, letters, len);
			memcpy(text, letters, room);
			text[place] = '!';
			copy = exact(text, room);
			assert_int_equal(json_scan_key(copy, key, len, room),
					 place >= len);
			free(copy);
		}
	}
	assert_false(json_scan_key(letters, letters, 9, 8));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_words_answer_for_each_byte),
		cmocka_unit_test(test_strings_stop_at_the_first_special_byte),
		cmocka_unit_test(test_numbers_of_every_length_are_read),
		cmocka_unit_test(test_other_numbers_are_left_alone),
		cmocka_unit_test(test_keys_are_compared_to_their_end),
	};

	return cmocka_run_group_tests_name("json_scan", tests, NULL, NULL);
}
