/* SPDX-License-Identifier: Apache-2.0 */
/* test_settings_shown.c - what anybody may see of a configuration: no secrets, nothing that
 * is as by default. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>
#include "settings/pipeline_settings.h"
#include "settings/settings_shown.h"

enum { LOW, HIGH };
static const char *const levels[] = { "low", "high", NULL };

struct keys {
	bool is_on, is_off;
	int64_t wait_ms, whole_ms, bytes, count;
	struct str text, url, password;
	struct strs list;
	int level;
	struct map_of_str headers, names;
};

static const struct keys defaults = { .is_on = true, .count = 7, .bytes = 1024 };

static const struct shape shape = {
	.name = "keys",
	.size = sizeof(struct keys),
	.defaults = &defaults,
	.fields =
		(const struct field[]){
			OPTION(struct keys, is_on, "on", 0, "on"),
			OPTION(struct keys, is_off, "off", 0, "off"),
			OPTION(struct keys, wait_ms, "wait", FIELD_DURATION, "wait"),
			OPTION(struct keys, whole_ms, "whole", FIELD_SECONDS, "whole"),
			OPTION(struct keys, bytes, "bytes", FIELD_SIZE, "bytes"),
			OPTION(struct keys, count, "count", 0, "count"),
			OPTION(struct keys, text, "text", 0, "text"),
			OPTION(struct keys, url, "url", 0, "url"),
			OPTION(struct keys, password, "password", FIELD_SECRET,
			       "password"),
			OPTION(struct keys, list, "list", 0, "list"),
			OPTION_ENUM(struct keys, level, "level", 0, levels, "level"),
			OPTION(struct keys, headers, "headers",
			       FIELD_SECRET | FIELD_PAIRS, "headers"),
			OPTION(struct keys, names, "names", 0, "names"),
			{ 0 } },
};

static void check(const struct keys *keys, const char *path, const char *want)
{
	const struct config_section section = { path, &shape };
	struct buf out = BUF_INIT(4096);

	buf_puts(&out, "");
	settings_put_shown(&section, keys, &out);
	assert_string_equal(out.ptr ? out.ptr : "", want);
	buf_fini(&out);
}

static void defaults_are_not_shown(void **state)
{
	(void)state;
	check(&defaults, "a.b", "");
}

static void values_as_they_are_written(void **state)
{
	struct keys keys = defaults;

	(void)state;
	keys.is_on = false;
	keys.is_off = true;
	keys.wait_ms = 90000;
	keys.whole_ms = 60000;
	keys.bytes = 65536;
	keys.count = 0;
	keys.text = STR("1.50 \"as typed\"");
	keys.level = HIGH;
	check(&keys, "a.b",
	      "a.b.on: false\na.b.off: true\na.b.wait: 90s\na.b.whole: 60\n"
	      "a.b.bytes: 64KiB\na.b.count: 0\na.b.text: 1.50 \"as typed\"\n"
	      "a.b.level: high\n");
}

static void secrets_are_only_said_to_be_there(void **state)
{
	struct str name[] = { STR("Cookie"), STR("To") },
		   value[] = { STR("s3cr3t"), STR("https://u:s3cr3t@h/?t=s3cr3t") };
	struct str list[] = { STR("ws://h/x?token=s3cr3t"), STR("plain") };
	struct keys keys = defaults;

	(void)state;
	keys.password = STR("s3cr3t");
	keys.url = STR("wss://user:s3cr3t@host:1/path?token=s3cr3t");
	keys.headers = (struct map_of_str){ name, value, 1 };
	keys.names = (struct map_of_str){ name + 1, value + 1, 1 };
	keys.list = (struct strs){ list, 2 };
	check(&keys, "",
	      "url: wss://***@host:1/path\npassword: (secret)\n"
	      "list: ws://h/x, plain\nheaders: (secret)\n"
	      "names: To: https://***@h/\n");
}

/* Every key of a pipeline whose name or meaning is a secret's is flagged as one. */
static void keys_that_sound_like_secrets_are_secrets(void **state)
{
	static const char *const sounds[] = { "password", "secret", "token", "api_key",
					      "cookie" };
	struct config_section sections[96];
	size_t count = pipeline_settings_sections(sections, 96), i, k, found = 0;
	const struct field *field;

	(void)state;
	assert_in_range(count, 10, 96);
	for (i = 0; i < count; i++)
		for (field = sections[i].shape->fields; field->name; field++)
			for (k = 0; k < sizeof(sounds) / sizeof(sounds[0]); k++) {
				if (!strstr(field->name, sounds[k]) ||
				    strstr(field->name, "_file") ||
				    strstr(field->name, "endpoint"))
					continue;
				found++;
				if (!(field->flags & FIELD_SECRET))
					fail_msg("%s.%s is shown", sections[i].path,
						 field->name);
			}
	assert_in_range(found, 5, 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(defaults_are_not_shown),
		cmocka_unit_test(values_as_they_are_written),
		cmocka_unit_test(secrets_are_only_said_to_be_there),
		cmocka_unit_test(keys_that_sound_like_secrets_are_secrets),
	};

	return cmocka_run_group_tests_name("settings_shown", tests, NULL, NULL);
}
