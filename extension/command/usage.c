/* SPDX-License-Identifier: Apache-2.0 */
/* usage.c - usage lines and --help out of a command's options. */
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>
#include "command/usage.h"
#include "sys/io.h"

#define NAME_WIDTH 24

static void put_option(struct buf *out, const struct usage_option *o)
{
	buf_puts(out, o->name);
	if (o->value)
		buf_printf(out, " %s", o->value);
}

/* With those that stand with it, or in its place; returns the last of them. */
static const struct usage_option *put_choice(struct buf *out,
					     const struct usage_option *o)
{
	bool is_needed = o->flags & USAGE_NEEDED;
	bool is_repeated = o->flags & USAGE_MANY;

	buf_puts(out, is_needed ? " " : " [");
	put_option(out, o);
	for (; o[1].name && o[1].flags & (USAGE_OR | USAGE_WITH); o++) {
		buf_puts(out, o[1].flags & USAGE_OR ? " | " : " ");
		put_option(out, o + 1);
	}
	buf_puts(out, is_needed ? "" : "]");
	buf_puts(out, is_repeated ? "..." : "");
	return o;
}

void usage_put(struct buf *out, const struct command *c, const char *between)
{
	const struct usage_option *o;

	buf_puts(out, c->name);
	for (o = c->option; o->name; o++)
		if (!(o->flags & USAGE_ALONE))
			o = put_choice(out, o);
	for (o = c->option; o->name; o++)
		if (o->flags & USAGE_ALONE) {
			buf_printf(out, "%s%s ", between, c->name);
			put_option(out, o);
		}
}

static void put_explained(struct buf *out, const struct usage_option *o)
{
	char name[NAME_WIDTH * 2];

	snprintf(name, sizeof(name), "%s%s%s", o->name, o->value ? " " : "",
		 o->value ? o->value : "");
	buf_printf(out, "  %-*s %s\n", NAME_WIDTH, name, o->help);
}

void usage_put_help(struct buf *out, const struct command *c)
{
	const struct usage_option *o;

	buf_puts(out, "usage: skydive-exporter ");
	usage_put(out, c, "\n       skydive-exporter ");
	buf_printf(out, "\n\n%s\n\n", c->summary);
	for (o = c->option; o->name; o++)
		put_explained(out, o);
	put_explained(out,
		      &(struct usage_option){ .name = "--help", .help = "this text" });
	if (c->footnote)
		buf_printf(out, "\n%s\n", c->footnote);
	buf_printf(out, "\nExample:\n  skydive-exporter %s\n", c->example);
}

void usage_put_commands(struct buf *out, const struct command *const *c, size_t count)
{
	size_t i;

	buf_puts(out, "usage: skydive-exporter [--extension PATH] COMMAND ...\n\n");
	for (i = 0; i < count; i++)
		buf_printf(out, "  %-9s %s\n", c[i]->name, c[i]->summary);
	buf_puts(out, "\n  --extension PATH  the shared object to use in place of the "
		      "installed one\n\n"
		      "skydive-exporter COMMAND --help says more. Exit codes: 0 fine, "
		      "1 it failed and said why,\n2 wrong usage.\n\n"
		      "Example:\n  skydive-exporter run -c /etc/skydive/exporter.yml\n");
}

void command_complain(const char *fmt, ...)
{
	char text[4096];
	va_list args;
	int n;

	va_start(args, fmt);
	n = vsnprintf(text, sizeof(text) - 1, fmt, args);
	va_end(args);
	if (n < 0)
		return;
	if ((size_t)n > sizeof(text) - 2)
		n = sizeof(text) - 2;
	text[n] = '\n';
	io_write(STDERR_FILENO, STR("skydive-exporter: "));
	io_write(STDERR_FILENO, (struct str){ text, (size_t)n + 1 });
}

int usage_complain(const struct command *c)
{
	struct buf text = BUF_INIT(USAGE_MAX);

	usage_put(&text, c, " | ");
	buf_putc(&text, '\0');
	if (!buf_error(&text))
		command_complain("usage: skydive-exporter %s", buf_str(&text).ptr);
	buf_fini(&text);
	return EXIT_USAGE;
}
