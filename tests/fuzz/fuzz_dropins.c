/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_dropins.c - a main file and its drop-ins, read from a folder as "check" does.
 *
 * A form feed stands between the files, the main file first. A drop-in whose first line
 * is a comment has that as its name. The folder is made in $TMPDIR, or in memory, and
 * is empty again after each input.
 */
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include "fuzz.h"
#include "settings/settings.h"
#include "source/registry.h"
#include "sys/io.h"

#define DROP_INS       4
#define NAME_MAX_BYTES 70 /* longer than one may be */

static char folder[4096], drop_ins[4200], main_file[4200];

static void remove_folder(void)
{
	rmdir(drop_ins);
	rmdir(folder);
}

static void make_folder(void)
{
	const char *above = getenv("TMPDIR");

	if (*folder)
		return;
	snprintf(folder, sizeof(folder), "%s/fuzz-dropins-XXXXXX",
		 above ? above : "/dev/shm");
	fuzz_check(mkdtemp(folder) != NULL, "there is a folder to write to");
	snprintf(drop_ins, sizeof(drop_ins), "%s/d", folder);
	snprintf(main_file, sizeof(main_file), "%s/main.yml", folder);
	fuzz_check(mkdir(drop_ins, 0700) == 0, "there is a folder of drop-ins");
	atexit(remove_folder);
}

static void write_file(const char *path, struct str text)
{
	int fd = io_open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	fuzz_check(fd >= 0 && io_write(fd, text) == 0, "a file can be written");
	close(fd);
}

/* "#name" in its first line, or a digit. Two may have one name: the later one stays. */
static void put_name(struct buf *path, struct str text, size_t number)
{
	struct str name = str_until(text, '\n');
	size_t i;

	buf_printf(path, "%s/", drop_ins);
	if (!str_starts(name, STR("#")))
		name = (struct str){ "-1234" + number, 2 };
	for (i = 1; i < name.len && i <= NAME_MAX_BYTES; i++)
		buf_putc(path, name.ptr[i] && name.ptr[i] != '/' ? name.ptr[i] : '_');
	buf_puts(path, ".yml");
	buf_putc(path, '\0');
}

struct reading {
	struct buf said, sums;
	size_t pipelines;
};

static void put_pipelines(const struct settings *s, struct reading *r)
{
	size_t i, j;

	for (i = 0; i < s->pipelines; i++) {
		const struct pipeline_settings *p = s->pipeline[i];

		for (j = 0; j < i; j++)
			fuzz_check(!str_equal_nocase(str_of(p->name),
						     str_of(s->pipeline[j]->name)),
				   "a name is one pipeline's");
		fuzz_check(!p->config || p->source.source == &source_kafka,
			   "what a file says is read when it is read");
		buf_printf(&r->sums, "%s %d %d %d ", p->name, p->is_bad, p->has_values,
			   p->is_disabled);
		buf_put(&r->sums,
			(struct str){ (const char *)&p->sums, sizeof(p->sums) });
	}
	r->pipelines = s->pipelines;
}

static void check_lines(struct str said)
{
	struct str line;
	size_t i;

	for (; said.len; said = str_skip(said, line.len + 1)) {
		line = str_until(said, '\n');
		fuzz_check(str_starts(line, str_of(folder)),
			   "a message begins with its file");
		for (i = 0; i < line.len; i++)
			fuzz_check((unsigned char)line.ptr[i] >= 0x20 &&
					   line.ptr[i] != 0x7f,
				   "a message is one printable line");
	}
}

/* With the name of the drop-ins above that of the main file: a pattern of anybody's
 * would read the whole machine. */
static struct reading read_folder(void)
{
	char include[] = "SKYDIVE_INCLUDE=d/*.yml";
	char *const environment[] = { include, NULL };
	struct problems problems = PROBLEMS_INIT;
	struct settings *s = settings_read(main_file, environment, NULL, &problems);
	struct reading r = { .said = BUF_INIT(FUZZ_MEMORY),
			     .sums = BUF_INIT(FUZZ_MEMORY) };
	bool is_bad = false;
	size_t i;

	for (i = 0; s && i < s->pipelines; i++)
		is_bad = is_bad || s->pipeline[i]->is_bad;
	fuzz_check((s && !is_bad) || problems.count > 0, "whoever fails says why");
	if (s)
		put_pipelines(s, &r);
	buf_put(&r.said, buf_str(&problems.text));
	if (s)
		buf_put(&r.said, buf_str(&s->warnings.text));
	if (s)
		buf_put(&r.said, buf_str(&s->advice.text));
	check_lines(buf_str(&r.said));
	settings_free(s);
	problems_fini(&problems);
	return r;
}

static void forget(struct reading *r)
{
	buf_fini(&r->said);
	buf_fini(&r->sums);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str rest = fuzz_str(data, size), text = str_until(rest, '\f');
	struct buf path[DROP_INS];
	struct reading once, twice;
	size_t count = 0, i;

	make_folder();
	write_file(main_file, text);
	for (; count < DROP_INS && text.len < rest.len; count++) {
		rest = str_skip(rest, text.len + 1);
		text = str_until(rest, '\f');
		path[count] = (struct buf)BUF_INIT(FUZZ_MEMORY);
		put_name(&path[count], text, count);
		write_file(path[count].ptr, text);
	}
	once = read_folder();
	twice = read_folder();
	fuzz_check(once.pipelines <= count, "a drop-in is at most one pipeline");
	fuzz_check(str_equal(buf_str(&once.said), buf_str(&twice.said)) &&
			   str_equal(buf_str(&once.sums), buf_str(&twice.sums)),
		   "the same files say the same");
	for (i = 0; i < count; i++) {
		unlink(path[i].ptr);
		buf_fini(&path[i]);
	}
	fuzz_check(unlink(main_file) == 0 && rmdir(drop_ins) == 0 &&
			   mkdir(drop_ins, 0700) == 0,
		   "nothing else is written");
	forget(&once);
	forget(&twice);
	return 0;
}
