/* SPDX-License-Identifier: Apache-2.0 */
/* test_recording.c - recordings of every kind, whole and not. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <zlib.h>
#include <cmocka.h>
#include "source/recording.h"
#include "sys/io.h"
#include "tests/unit/temporary.h"

#define PATH_BYTES 512
#define ALL(literal)                                                                     \
	{                                                                                \
		"" literal "", sizeof(literal) - 1                                       \
	}

static char top[PATH_BYTES / 2];

static int make_top(void **state)
{

	(void)state;
	temporary_name(top, sizeof(top), "recording");
	return mkdtemp(top) ? 0 : -1;
}

static int remove_top(void **state)
{
	(void)state;
	return io_remove_tree(top);
}

static const char *below(const char *name)
{
	static char path[PATH_BYTES];

	snprintf(path, sizeof(path), "%s/%s", top, name);
	return path;
}

static void write_file(const char *name, struct str bytes)
{
	int fd = io_open(below(name), O_WRONLY | O_CREAT | O_TRUNC, 0640);

	assert_true(fd >= 0);
	assert_int_equal(io_write(fd, bytes), 0);
	close(fd);
}

static void write_gzip(const char *name, struct str bytes)
{
	gzFile file = gzopen(below(name), "wb");

	assert_non_null(file);
	assert_int_equal(gzwrite(file, bytes.ptr, (unsigned)bytes.len), (int)bytes.len);
	assert_int_equal(gzclose(file), Z_OK);
}

/* The messages as "time(text)", then how it ended. */
static const char *story(const char *name)
{
	static char text[4096];
	struct err err = ERR_INIT;
	struct recording *r = recording_open(below(name), &err);
	struct recorded recorded;
	size_t used = 0;
	int result;

	if (!r) {
		assert_non_null(strstr(err.text, name));
		return strcpy(text, "cannot be opened");
	}
	while ((result = recording_next(r, &recorded, &err)) == 1) {
		used += (size_t)snprintf(text + used, sizeof(text) - used, "%lld(%.*s)",
					 (long long)recorded.time_ms, (int)recorded.size,
					 recorded.message ? recorded.message : "");
		free(recorded.message);
	}
	snprintf(text + used, sizeof(text) - used, "%s", result ? " damaged" : "");
	assert_true(result == 0 || result == -EINVAL);
	if (result)
		assert_non_null(strstr(err.text, "the messages before it are good"));
	recording_close(r);
	return text;
}

static void test_recordings_are_read(void **state)
{
	static const struct {
		const char *name;
		struct str bytes;
		const char *messages;
	} table[] = {
		{ "a.jsonl", ALL("{1}\n{2}\n"), "-1({1})-1({2})" },
		{ "a.jsonl", ALL(""), "" },
		{ "a.jsonl", ALL("\n{1}\n"), "-1()-1({1})" },
		{ "a.pb",
		  ALL("\x02"
		      "ab"
		      "\x00"
		      "\x01"
		      "c"),
		  "-1(ab)-1()-1(c)" },
		{ "a.pb", ALL(""), "" },
		{ "a.flowmsg.pb",
		  ALL("\x02"
		      "ab"),
		  "-1(ab)" },
		/* The length in more bytes than it needs. */
		{ "a.pb",
		  ALL("\x82\x80\x00"
		      "ab"),
		  "-1(ab)" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		char name[64];

		print_message("  %zu: %s\n", i, table[i].name);
		write_file(table[i].name, table[i].bytes);
		assert_string_equal(story(table[i].name), table[i].messages);
		snprintf(name, sizeof(name), "%s.gz", table[i].name);
		write_gzip(name, table[i].bytes);
		assert_string_equal(story(name), table[i].messages);
		unlink(below(name));
	}
}

static void test_name_says_the_kind(void **state)
{
	static const struct {
		const char *name;
		int kind; /* -1: none */
	} table[] = {
		{ "k.jsonl", RECORDING_JSON },
		{ "k.jsonl.gz", RECORDING_JSON },
		{ "k.pb", RECORDING_PROTOBUF },
		{ "k.pb.gz", RECORDING_PROTOBUF },
		{ "k.flowmsg.pb", RECORDING_FLOWS },
		{ "k.flowmsg.pb.gz", RECORDING_FLOWS },
		{ "k.json", -1 },
		{ "k", -1 },
		{ "k.gz", -1 },
		{ "k.jsonl.bz2", -1 },
		{ "k.PB", -1 },
		{ "kpb", -1 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct err err = ERR_INIT;
		struct recording *r;

		write_file(table[i].name, STR(""));
		r = recording_open(below(table[i].name), &err);
		if (table[i].kind < 0) {
			assert_null(r);
			assert_non_null(
				strstr(err.text, "a recording is called NAME.jsonl"));
			continue;
		}
		assert_non_null(r);
		assert_int_equal(recording_kind(r), table[i].kind);
		recording_close(r);
	}
	recording_close(NULL);
	assert_string_equal(story("missing.jsonl"), "cannot be opened");
}

static void test_times_stand_beside_it(void **state)
{
	static const struct {
		const char *recording, *times;
	} names[] = {
		{ "t.jsonl", "t.times" },
		{ "t.jsonl.gz", "t.times" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < 2; i++) {
		if (i)
			write_gzip(names[i].recording, STR("a\nb\nc\n"));
		else
			write_file(names[i].recording, STR("a\nb\nc\n"));
		write_file(names[i].times, STR("1551199609804\n0\n1551199609900\n"));
		assert_string_equal(story(names[i].recording),
				    "1551199609804(a)0(b)1551199609900(c)");
		/* Fewer, more, without the last LF, none. */
		write_file(names[i].times, STR("5\n"));
		assert_string_equal(story(names[i].recording), "5(a)-1(b)-1(c)");
		write_file(names[i].times, STR("5\n6\n7\n8\n"));
		assert_string_equal(story(names[i].recording), "5(a)6(b)7(c)");
		write_file(names[i].times, STR("5\n\n7"));
		assert_string_equal(story(names[i].recording), "5(a)-1(b)7(c)");
		write_file(names[i].times, STR(""));
		assert_string_equal(story(names[i].recording), "-1(a)-1(b)-1(c)");
		unlink(below(names[i].times));
		assert_string_equal(story(names[i].recording), "-1(a)-1(b)-1(c)");
	}
	/* Of both kinds of protobuf; the name without its last part. */
	write_file("u.pb", STR("\x01"
			       "a"));
	write_file("u.times", STR("7\n"));
	assert_string_equal(story("u.pb"), "7(a)");
}

static void test_cut_and_damaged_files_are_told(void **state)
{
	static const struct {
		const char *name;
		struct str bytes;
		const char *messages;
	} table[] = {
		{ "d.jsonl", ALL("{1}\n{2}"), "-1({1}) damaged" },
		{ "d.jsonl", ALL("{"), " damaged" },
		{ "d.jsonl", ALL("\0\n"), " damaged" },
		{ "d.jsonl", ALL("{1}\n\0{2}\n"), "-1({1}) damaged" },
		{ "d.jsonl", ALL("{1}\n{\0}\n{3}\n"), "-1({1}) damaged" },
		{ "d.jsonl", ALL("{1}\n{\0}"), "-1({1}) damaged" },
		{ "d.pb",
		  ALL("\x01"
		      "a"
		      "\x02"
		      "b"),
		  "-1(a) damaged" },
		{ "d.pb",
		  ALL("\x01"
		      "a"
		      "\x01"),
		  "-1(a) damaged" },
		{ "d.pb",
		  ALL("\x01"
		      "a"
		      "\x80"),
		  "-1(a) damaged" },
		/* 256 MiB and a byte; endless; as negative as can be. */
		{ "d.pb",
		  ALL("\x81\x80\x80\x80\x01"
		      "x"),
		  " damaged" },
		{ "d.pb", ALL("\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x00"),
		  " damaged" },
		{ "d.pb", ALL("\xff\xff\xff\xff\xff\xff\xff\xff\x7f"), " damaged" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		print_message("  %zu\n", i);
		write_file(table[i].name, table[i].bytes);
		assert_string_equal(story(table[i].name), table[i].messages);
	}
}

/* A gzip'ed file that is cut anywhere never looks like a whole one. */
static void test_every_cut_of_a_gzip_file_is_told(void **state)
{
	static const struct {
		const char *name;
		struct str bytes;
		const char *messages;
	} table[] = {
		{ "z.jsonl.gz", ALL("{1}\n{2}\n"), "-1({1})-1({2})" },
		{ "z.pb.gz", ALL("\x03{1}\x03{2}"), "-1({1})-1({2})" },
	};
	struct buf file = BUF_INIT(1 << 20);
	size_t i, len;

	(void)state;
	for (i = 0; i < 2; i++) {
		write_gzip(table[i].name, table[i].bytes);
		buf_reset(&file);
		assert_int_equal(io_read_file(below(table[i].name), &file), 0);
		assert_string_equal(story(table[i].name), table[i].messages);
		for (len = 1; len < file.len; len++) {
			write_file(table[i].name, (struct str){ file.ptr, len });
			if (!strstr(story(table[i].name), " damaged"))
				fail_msg("%zu of %zu bytes of %s", len, file.len,
					 table[i].name);
		}
	}
	buf_fini(&file);
}

static void test_long_lines_are_whole(void **state)
{
	static const size_t sizes[] = { 65534, 65535, 65536, 65537, 131070, 300000 };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		struct buf line = BUF_INIT(1 << 20);
		struct recorded recorded;
		struct recording *r;

		while (line.len < sizes[i])
			buf_putc(&line, (char)('a' + line.len % 23));
		buf_puts(&line, "\nnext\n");
		write_file("l.jsonl", buf_str(&line));
		r = recording_open(below("l.jsonl"), NULL);
		assert_non_null(r);
		assert_int_equal(recording_next(r, &recorded, NULL), 1);
		assert_int_equal(recorded.size, sizes[i]);
		assert_memory_equal(recorded.message, line.ptr, sizes[i]);
		free(recorded.message);
		assert_int_equal(recording_next(r, &recorded, NULL), 1);
		assert_int_equal(recorded.size, 4);
		free(recorded.message);
		assert_int_equal(recording_next(r, &recorded, NULL), 0);
		recording_close(r);
		buf_fini(&line);
	}
}

static void test_files_beside_it_are_read(void **state)
{
	struct buf b = BUF_INIT(1 << 20);
	struct err err = ERR_INIT;

	(void)state;
	write_file("graph.json", STR("[1]"));
	write_gzip("graph.json.gz", STR("[2]"));
	assert_int_equal(recording_read_file(below("graph.json"), &b, &err), 0);
	assert_int_equal(recording_read_file(below("graph.json.gz"), &b, &err), 0);
	assert_string_equal(buf_str(&b).ptr, "[1][2]");
	assert_int_equal(recording_read_file(below("nothing"), &b, &err), -EINVAL);
	assert_non_null(strstr(err.text, "nothing: No such file or directory"));
	buf_fini(&b);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_recordings_are_read),
		cmocka_unit_test(test_name_says_the_kind),
		cmocka_unit_test(test_times_stand_beside_it),
		cmocka_unit_test(test_cut_and_damaged_files_are_told),
		cmocka_unit_test(test_every_cut_of_a_gzip_file_is_told),
		cmocka_unit_test(test_long_lines_are_whole),
		cmocka_unit_test(test_files_beside_it_are_read),
	};

	return cmocka_run_group_tests_name("recording", tests, make_top, remove_top);
}
