/* SPDX-License-Identifier: Apache-2.0 */
/* test_template.c - what templates render to, and what is no template. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <cmocka.h>
#include "format/json_write.h"
#include "format/template.h"
#include "format/template_steps.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define TEXT(literal)                                                                    \
	{                                                                                \
		literal, sizeof(literal) - 1                                             \
	}

struct layer {
	struct str a, b, a_name;
	int64_t bytes;
};

struct record {
	int64_t link_id;
	struct str tracking_id;
	struct layer *network, *transport;
	int64_t start;
	bool is_ended;
	uint16_t port;
	uint32_t ttl;
	int protocol;
	struct raw dns;
	struct strs list;
	struct map_of_str extend;
};

static const char *const protocols[] = { "IPV4", "TCP", NULL };

static const struct shape layer_shape = {
	.name = "layer",
	.size = sizeof(struct layer),
	.fields =
		(const struct field[]){
			FIELD(struct layer, a, "A", 0),
			FIELD(struct layer, b, "B", 0),
			FIELD(struct layer, a_name, "A_Name", 0),
			FIELD(struct layer, bytes, "ABBytes", 0),
			{ 0 },
		},
};

static const struct shape record_shape = {
	.name = "record",
	.size = sizeof(struct record),
	.fields =
		(const struct field[]){
			FIELD(struct record, link_id, "LinkID", FIELD_SILENT),
			FIELD(struct record, tracking_id, "TrackingID", FIELD_SILENT),
			FIELD_OBJECT(struct record, network, "Network", FIELD_OMIT_EMPTY,
				     &layer_shape),
			FIELD_OBJECT(struct record, transport, "Transport",
				     FIELD_OMIT_EMPTY, &layer_shape),
			FIELD(struct record, start, "Start", 0),
			FIELD(struct record, is_ended, "Ended", FIELD_OMIT_EMPTY),
			FIELD(struct record, port, "Port", FIELD_OMIT_EMPTY),
			FIELD(struct record, ttl, "TTL", FIELD_OMIT_EMPTY),
			FIELD_ENUM(struct record, protocol, "Protocol", FIELD_OMIT_EMPTY,
				   protocols),
			FIELD(struct record, dns, "DNS", FIELD_OMIT_EMPTY),
			FIELD(struct record, list, "List", FIELD_OMIT_EMPTY),
			FIELD(struct record, extend, "Extend", FIELD_OMIT_EMPTY),
			{ 0 },
		},
};

static struct layer network = {
	.a = TEXT("10.0.0.1"),
	.a_name = TEXT("0_0_pod_0"),
	.bytes = -5,
};

static struct str names[] = { TEXT("X"), TEXT("Y"), TEXT("Z") };
static struct str values[] = { TEXT("x"), TEXT(""), { NULL, 0 } };

static const struct record usual = {
	.link_id = 7,
	.tracking_id = TEXT("t-1"),
	.network = &network,
	.start = 1551199609804,
	.is_ended = true,
	.port = 443,
	.ttl = 4294967295,
	.protocol = 1,
	.extend = { names, values, 3 },
};

static struct template *read_template(const char *text)
{
	struct err err = ERR_INIT;
	struct template *t = template_new(str_of(text), &record_shape, &err);

	if (!t)
		fail_msg("%s: %s", text, err.text);
	return t;
}

struct rendering {
	const char *text;
	const char *rendered; /* NULL: a value is not there */
};

static void check(const struct rendering *cases, size_t count)
{
	struct buf out = BUF_INIT(65536);
	size_t i;

	for (i = 0; i < count; i++) {
		struct template *t = read_template(cases[i].text);
		int error;

		buf_reset(&out);
		error = template_render(t, &usual, "'\"", &out);
		if (error != (cases[i].rendered ? 0 : -ENOENT))
			fail_msg("%s: error %d", cases[i].text, error);
		if (cases[i].rendered && !str_is(buf_str(&out), cases[i].rendered))
			fail_msg("%s: " STR_FMT, cases[i].text, STR_ARG(buf_str(&out)));
		template_free(t);
	}
	buf_fini(&out);
}

static void test_fields_become_their_values(void **state)
{
	static const struct rendering cases[] = {
		{ "", "" },
		{ "G.V().Has('Src','{{.Network.A}}').Values('Host')",
		  "G.V().Has('Src','10.0.0.1').Values('Host')" },
		{ "{{.Network.A}}", "10.0.0.1" },
		{ "{{ .Network.A }}", "10.0.0.1" },
		{ "{{\t.Network.A\n}}", "10.0.0.1" },
		{ "{{.Network.A}}{{.Network.A}}", "10.0.0.110.0.0.1" },
		{ "<{{.Network.B}}>", "<>" },
		{ "{{.Network.AName}}", "0_0_pod_0" },
		{ "{{.Network.ABBytes}}", "-5" },
		{ "{{.Start}}", "1551199609804" },
		{ "{{.LinkID}} {{.TrackingID}}", "7 t-1" },
		{ "{{.Ended}}", "true" },
		{ "{{.Port}} {{.TTL}}", "443 4294967295" },
		{ "{{.Protocol}}", "TCP" },
		{ "{{.Extend.X}}", "x" },
		{ "<{{.Extend.Y}}>", "<>" },
		{ "{{.Extend.Z}} {{.Extend.Nope}} {{.Extend.x}}",
		  "<no value> <no value> <no value>" },
		{ "{{.Extend.\xc3\xa9}}", "<no value>" },
		/* Below what is not there, and what there is not. */
		{ "{{.Transport.A}}", NULL },
		{ "a{{.Transport.Nope}}", NULL },
		{ "{{.Nope}}", NULL },
		{ "{{.Nope.A.B}}", NULL },
		{ "{{.network.A}}", NULL },
		{ "{{.Network.a}}", NULL },
		{ "{{.Network.A_Name}}", NULL },
		{ "{{.NetworkA}}", NULL },
		{ "{{.Net}}", NULL },
		{ "{{.Start.A}}", NULL },
		{ "{{.Network.A.B}}", NULL },
		{ "{{.Extend.X.Y}}", NULL },
		{ "{{.Link}}", NULL },
		{ "{{.NodeTID}}", NULL },
	};

	(void)state;
	check(cases, COUNT(cases));
}

static void test_text_stays_but_for_comments_and_trimmed_blanks(void **state)
{
	static const struct rendering cases[] = {
		{ "a } b }} c { d", "a } b }} c { d" },
		{ "\\{ \\} \\{\\", "\\{ \\} \\{\\" },
		{ "\\{\\{.Network.A\\}\\}", "10.0.0.1" },
		{ "\\{\\{ .Network.A }}|{{.Network.A\\}\\}", "10.0.0.1|10.0.0.1" },
		{ "a {{- .Port}} b", "a443 b" },
		{ "a {{.Port -}} b", "a 443b" },
		{ "a \t\r\n{{- .Port -}}\n\n b", "a443b" },
		{ "a {{- .Port -}} {{- .Port -}} b", "a443443b" },
		{ "a {{.Port -}}{{.Port}} b", "a 443443 b" },
		{ " {{- .Port -}} ", "443" },
		{ "a{{/* b */}}c", "ac" },
		{ "a {{/* {{.Nope}} }} */}} c", "a  c" },
		{ "a {{- /* b */ -}} c", "ac" },
		{ "a {{/* b */ -}} c", "a c" },
		{ "a {{- /* b */}} c", "a c" },
		{ "{{/**/}}", "" },
		{ "a {{/* b */}} {{- .Port}}", "a 443" },
		{ "{{\"a b\"}}", "a b" },
		{ "{{\"\"}}{{``}}", "" },
		{ "{{`\"x\\`}}", "\"x\\" },
		{ "{{\"}}\"}}{{`{{`}}", "}}{{" },
		{ "{{0}} {{10}} {{-3}} {{- -3}} {{ 42 -}} ", "0 10 -3-3 42" },
		{ "{{123456789012345678}}", "123456789012345678" },
		{ "{{\"'\"}}", "'" },
	};

	(void)state;
	check(cases, COUNT(cases));
}

static void test_if_renders_what_is_true(void **state)
{
	static const struct rendering cases[] = {
		{ "{{if .Network}}a{{end}}b", "ab" },
		{ "{{if .Transport}}a{{end}}b", "b" },
		{ "{{if .Transport}}a{{else}}c{{end}}b", "cb" },
		{ "{{if .Network}}a{{else}}c{{end}}b", "ab" },
		{ "{{if .Transport}}{{.Transport.A}}{{end}}", "" },
		{ "{{if .Network.B}}b{{else if .Network.A}}a{{else}}c{{end}}.", "a." },
		{ "{{if .Network.A}}a{{else if .Network.A}}b{{else}}c{{end}}.", "a." },
		{ "{{if .Network.B}}a{{else if .Transport}}b{{else}}c{{end}}.", "c." },
		{ "{{if .Network.B}}a{{else if .Transport}}b{{end}}.", "." },
		{ "{{if .Network.B}}a{{else if .Transport}}b{{else if .Port}}d{{end}}.",
		  "d." },
		{ "{{if .Port}}{{if .Transport}}a{{else}}b{{end}}c{{else}}d{{end}}e",
		  "bce" },
		{ "{{if .Transport}}{{if .Port}}a{{else}}b{{end}}c{{else}}d{{end}}e",
		  "de" },
		{ "{{if .Port}}a{{end}}{{if .TTL}}b{{end}}", "ab" },
		{ "{{if .Port}}{{end}}", "" },
		{ "{{if .Port}}{{else}}{{end}}x", "x" },
		{ "{{if .Ended}}a{{end}}{{if .Protocol}}b{{end}}{{if .Start}}c{{end}}",
		  "abc" },
		{ "{{if .List}}a{{end}}{{if .DNS}}b{{end}}{{if .Extend}}c{{end}}", "c" },
		{ "{{if .Extend.X}}a{{end}}{{if .Extend.Y}}b{{end}}{{if .Extend.Q}}c{{end}}",
		  "a" },
		{ "{{ if  .Port }}a{{ else  if  .TTL }}b{{ end }}", "a" },
		{ "{{if\t.Port}}a{{else\tif\t.TTL}}b{{end}}", "a" },
		{ "a {{- if .Port -}} b {{- end -}} c", "abc" },
		{ "{{if .Transport.A}}a{{end}}", NULL },
		{ "{{if .Nope}}a{{end}}", NULL },
		{ "{{if .Port}}a{{else}}{{.Nope}}{{end}}", "a" },
	};

	(void)state;
	check(cases, COUNT(cases));
}

#define NOT_SUPPORTED                                                                    \
	" is not supported: there are fields such as {{.Network.A}}, strings, "          \
	"whole numbers, if, else and end"
#define NOT_CLOSED "an action or comment is not closed by }}"

static void test_anything_else_is_an_error_that_names_it(void **state)
{
	static const struct {
		const char *text, *error;
	} cases[] = {
		{ "{{", NOT_CLOSED },
		{ "a{{.Network.A", NOT_CLOSED },
		{ "{{.Network.A}", NOT_CLOSED },
		{ "{{\"a}}", NOT_CLOSED },
		{ "{{`a}}", NOT_CLOSED },
		{ "{{/* a }}", NOT_CLOSED },
		{ "{{/*/}}", NOT_CLOSED },
		{ "{{/* a */ }}", NOT_CLOSED },
		{ "{{/* a */-}}", NOT_CLOSED },
		{ "{{}}", "an action is empty" },
		{ "{{ }}", "an action is empty" },
		{ "{{- }}", "an action is empty" },
		{ "{{if .Port}}a", "{{if}} without {{end}}" },
		{ "{{if .Port}}a{{else}}b", "{{if}} without {{end}}" },
		{ "{{if}}a{{end}}", "{{if}} without a field" },
		{ "{{if .Port}}a{{else if}}b{{end}}", "{{if}} without a field" },
		{ "{{end}}", "{{end}} without {{if}}" },
		{ "{{if .Port}}a{{end}}{{end}}", "{{end}} without {{if}}" },
		{ "{{else}}", "{{else}} without {{if}}" },
		{ "{{if .Port}}{{else}}{{else}}{{end}}", "{{else}} without {{if}}" },
		{ "{{if .Port}}{{else}}{{else if .TTL}}{{end}}",
		  "{{else}} without {{if}}" },
		{ "{{end .Port}}", "{{end .Port}}" NOT_SUPPORTED },
		{ "{{if .Port}}{{else .TTL}}{{end}}", "{{.TTL}}" NOT_SUPPORTED },
		{ "{{if .Port}}{{else with .TTL}}{{end}}",
		  "{{with .TTL}}" NOT_SUPPORTED },
		{ "{{if eq .Port 3}}{{end}}", "{{eq .Port 3}}" NOT_SUPPORTED },
		{ "{{if .}}{{end}}", "{{.}}" NOT_SUPPORTED },
		{ "{{.}}", "{{.}}" NOT_SUPPORTED },
		{ "{{.Network.}}", "{{.Network.}}" NOT_SUPPORTED },
		{ "{{..Network}}", "{{..Network}}" NOT_SUPPORTED },
		{ "{{.Network .A}}", "{{.Network .A}}" NOT_SUPPORTED },
		{ "{{.1a}}", "{{.1a}}" NOT_SUPPORTED },
		{ "{{.a-b}}", "{{.a-b}}" NOT_SUPPORTED },
		{ "{{.a.b.c.d.e.f.g.h.i|x}}", "{{.a.b.c.d.e.f.g.h.i|x}}" NOT_SUPPORTED },
		{ "{{.Network.A | printf}}", "{{.Network.A | printf}}" NOT_SUPPORTED },
		{ "{{printf \"%s\" .Port}}", "{{printf \"%s\" .Port}}" NOT_SUPPORTED },
		{ "{{with .Network}}{{end}}", "{{with .Network}}" NOT_SUPPORTED },
		{ "{{range .List}}{{end}}", "{{range .List}}" NOT_SUPPORTED },
		{ "{{$x := .Port}}", "{{$x := .Port}}" NOT_SUPPORTED },
		{ "{{len .List}}", "{{len .List}}" NOT_SUPPORTED },
		{ "{{endif}}", "{{endif}}" NOT_SUPPORTED },
		{ "{{-}}", "{{-}}" NOT_SUPPORTED },
		{ "{{- -}}", "{{-}}" NOT_SUPPORTED },
		{ "{{00}}", "{{00}}" NOT_SUPPORTED },
		{ "{{-01}}", "{{-01}}" NOT_SUPPORTED },
		{ "{{1.5}}", "{{1.5}}" NOT_SUPPORTED },
		{ "{{0x10}}", "{{0x10}}" NOT_SUPPORTED },
		{ "{{1234567890123456789}}", "{{1234567890123456789}}" NOT_SUPPORTED },
		{ "{{'a'}}", "{{'a'}}" NOT_SUPPORTED },
		{ "{{\"a\" \"b\"}}", "{{\"a\" \"b\"}}" NOT_SUPPORTED },
		{ "{{\"a\\n\"}}", "{{\"a\\n\"}}" NOT_SUPPORTED },
		{ "{{\"\\\"}}\"}}", "{{\"\\\"}}\"}}" NOT_SUPPORTED },
		/* Objects, lists and JSON are not printed. */
		{ "{{.Network}}", "{{.Network}}" NOT_SUPPORTED },
		{ "{{.Extend}}", "{{.Extend}}" NOT_SUPPORTED },
		{ "{{.List}}", "{{.List}}" NOT_SUPPORTED },
		{ "{{.DNS}}", "{{.DNS}}" NOT_SUPPORTED },
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		struct err err = ERR_INIT;
		struct template *t = template_new(str_of(cases[i].text), &record_shape,
						  &err);

		if (t)
			fail_msg("%s is none", cases[i].text);
		assert_string_equal(err.text, cases[i].error);
	}
	template_free(NULL);
}

static void repeat(struct buf *out, const char *text, int times)
{
	while (times--)
		buf_puts(out, text);
}

static void test_templates_have_limits(void **state)
{
	static const struct {
		int ifs, fields;
		const char *error;
	} cases[] = {
		{ 0, STEPS_MAX, NULL },
		{ 0, STEPS_MAX + 1, "more than 128 pieces" },
		{ 16, 0, NULL },
		{ 17, 0, "more than 16 times {{if}} in {{if}}" },
		{ 16, STEPS_MAX - 16, NULL },
		{ 16, STEPS_MAX - 15, "more than 128 pieces" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		struct buf text = BUF_INIT(65536), out = BUF_INIT(65536);
		struct err err = ERR_INIT;
		struct template *t;

		repeat(&text, "{{if .Port}}", cases[i].ifs);
		repeat(&text, "{{.Port}}", cases[i].fields);
		repeat(&text, "{{end}}", cases[i].ifs);
		t = template_new(buf_str(&text), &record_shape, &err);
		assert_string_equal(err.text, cases[i].error ? cases[i].error : "");
		if (t) {
			assert_int_equal(template_render(t, &usual, "", &out), 0);
			assert_int_equal(out.len, 3 * (size_t)cases[i].fields);
		}
		template_free(t);
		buf_fini(&text);
		buf_fini(&out);
	}
}

static void test_forbidden_bytes_are_those_of_values(void **state)
{
	static const struct {
		const char *value, *forbidden;
		int error;
	} cases[] = {
		{ "a'b", "'\"", -EILSEQ }, { "\"", "'\"", -EILSEQ }, { "a'b", "\"", 0 },
		{ "a'b", "", 0 },	   { "", "'\"", 0 },	     { "a`b", "'\"", 0 },
	};
	struct template *t = read_template("'\"{{.Network.A}}'{{\"'\"}}");
	struct buf out = BUF_INIT(65536);
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		struct layer layer = { .a = str_of(cases[i].value) };
		struct record record = { .network = &layer };

		buf_reset(&out);
		assert_int_equal(template_render(t, &record, cases[i].forbidden, &out),
				 cases[i].error);
	}
	buf_fini(&out);
	/* No room: not a part of it, and no value. */
	out = (struct buf)BUF_INIT(8);
	assert_int_equal(template_render(t, &usual, "'\"", &out), -EFBIG);
	buf_fini(&out);
	template_free(t);
}

static void test_what_is_rendered_is_appended(void **state)
{
	struct template *t = read_template("{{.Port}}");
	struct buf out = BUF_INIT(64);

	(void)state;
	buf_puts(&out, "'");
	assert_int_equal(template_render(t, &usual, "'", &out), 0);
	assert_int_equal(template_render(t, &usual, "'", &out), 0);
	assert_string_equal(out.ptr, "'443443");
	buf_fini(&out);
	template_free(t);
}

static void test_a_name_beyond_the_names_of_an_enum_is_a_number(void **state)
{
	static const struct {
		int protocol;
		const char *text;
	} cases[] = {
		{ 0, "IPV4" }, { 1, "TCP" }, { 2, "2" }, { -1, "-1" }, { 99, "99" }
	};
	struct template *t = read_template("{{.Protocol}}");
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		struct record record = { .protocol = cases[i].protocol };
		struct buf out = BUF_INIT(64);

		assert_int_equal(template_render(t, &record, "", &out), 0);
		assert_string_equal(out.ptr, cases[i].text);
		buf_fini(&out);
	}
	template_free(t);
}

/* Templates can name them, as the first test shows. */
static void test_silent_members_are_not_written(void **state)
{
	struct record record = { .link_id = 7, .tracking_id = STR("t"), .start = 3 };
	struct buf out = BUF_INIT(4096);

	(void)state;
	json_put_record(&out, &record_shape, &record, (struct json_style){ false, 0 });
	assert_string_equal(out.ptr, "{\"Start\":3}");
	buf_reset(&out);
	json_put_record(&out, &record_shape, &record, (struct json_style){ true, 0 });
	assert_string_equal(out.ptr, "{\n\t\"Start\": 3\n}");
	buf_fini(&out);
}

static void test_what_a_template_uses_is_known(void **state)
{
	static const struct {
		const char *text, *name;
		bool uses;
	} cases[] = {
		{ "{{.Extend.X}}", "Extend", true },
		{ "a{{if .Extend.X}}{{end}}", "Extend", true },
		{ "a{{if .Port}}{{else if .Extend}}{{end}}", "Extend", true },
		{ "{{.Network.AName}}", "A_Name", true },
		{ "{{.Network.AName}}", "Network", true },
		{ "{{.Network.A}}", "A_Name", false },
		{ "{{.Network.AName}}", "A", false },
		{ "Extend {{\"Extend\"}}{{/* .Extend.X */}}", "Extend", false },
		{ "{{.Nope.Extend}}", "Extend", false },
		{ "", "Extend", false },
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		struct template *t = read_template(cases[i].text);

		if (template_uses(t, cases[i].name) != cases[i].uses)
			fail_msg("%s: %s", cases[i].text, cases[i].name);
		template_free(t);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fields_become_their_values),
		cmocka_unit_test(test_text_stays_but_for_comments_and_trimmed_blanks),
		cmocka_unit_test(test_if_renders_what_is_true),
		cmocka_unit_test(test_anything_else_is_an_error_that_names_it),
		cmocka_unit_test(test_templates_have_limits),
		cmocka_unit_test(test_forbidden_bytes_are_those_of_values),
		cmocka_unit_test(test_what_is_rendered_is_appended),
		cmocka_unit_test(test_a_name_beyond_the_names_of_an_enum_is_a_number),
		cmocka_unit_test(test_silent_members_are_not_written),
		cmocka_unit_test(test_what_a_template_uses_is_known),
	};

	return cmocka_run_group_tests_name("template", tests, NULL, NULL);
}
