/* SPDX-License-Identifier: Apache-2.0 */
/* preloaded.c - see preloaded.h. proc(5): environ is what a process was started with,
 * without what it has changed there; maps are the files in its memory. */
#include <elf.h>
#include <fcntl.h>
#include <limits.h>
#include <link.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "command/preloaded.h"
#include "sys/io.h"

#define PROGRAM	  "skydive"
#define ARGUMENT  "analyzer"
#define STUB	  "skydive-exporter-preload.so"
#define EXTENSION "/skydive-exporter.so"
#define FILE_MAX  ((size_t)4 << 20)
#define HEAD_SIZE 4096 /* of a program */

struct process {
	const char *pid;
	struct buf text; /* of one of its files */
};

static void process_path(const struct process *p, const char *file, char path[64])
{
	snprintf(path, 64, "/proc/%.20s/%.20s", p->pid, file);
}

static struct str process_read(struct process *p, const char *file)
{
	char path[64];

	process_path(p, file, path);
	buf_reset(&p->text);
	io_read_file(path, &p->text);
	return buf_str(&p->text);
}

static bool process_has(struct process *p, const char *file, const char *what)
{
	struct str text = process_read(p, file);

	return text.len && memmem(text.ptr, text.len, what, strlen(what));
}

static bool process_is_analyzer(struct process *p)
{
	static const char argument[] = "\0" ARGUMENT; /* with the NUL behind it */
	char link[64], path[PATH_MAX];
	struct str line;
	const char *name;
	ssize_t n;

	process_path(p, "exe", link);
	n = readlink(link, path, sizeof(path) - 1);
	path[n > 0 ? n : 0] = '\0';
	name = strrchr(path, '/');
	if (!name || strcmp(name + 1, PROGRAM) != 0)
		return false;
	line = process_read(p, "cmdline");
	return line.len && memmem(line.ptr, line.len, argument, sizeof(argument));
}

static bool process_is_static(const struct process *p)
{
	char path[64], head[HEAD_SIZE];
	ElfW(Ehdr) program;
	ElfW(Phdr) part;
	ssize_t size;
	size_t i, at;
	int fd;

	process_path(p, "exe", path);
	fd = io_open(path, O_RDONLY, 0);
	size = fd < 0 ? 0 : io_read_up_to(fd, head, sizeof(head), 0);
	if (fd >= 0)
		close(fd);
	if (size < (ssize_t)sizeof(program))
		return false;
	memcpy(&program, head, sizeof(program));
	for (i = 0; i < program.e_phnum; i++) {
		at = (size_t)program.e_phoff + i * sizeof(part);
		if (at > (size_t)size || (size_t)size - at < sizeof(part))
			return false;
		memcpy(&part, head + at, sizeof(part));
		if (part.p_type == PT_INTERP)
			return false;
	}
	return true;
}

static bool process_is_secure(struct process *p)
{
	struct str vector = process_read(p, "auxv");
	ElfW(auxv_t) entry;

	for (; vector.len >= sizeof(entry); vector = str_skip(vector, sizeof(entry))) {
		memcpy(&entry, vector.ptr, sizeof(entry));
		if (entry.a_type == AT_SECURE)
			return entry.a_un.a_val != 0;
	}
	return false;
}

/* NULL: nobody wanted it there, or we may not know. */
static const char *process_describe(struct process *p)
{
	bool is_wanted = process_has(p, "environ", STUB);

	if (process_has(p, "maps", "/" STUB))
		return process_has(p, "maps", EXTENSION)
			       ? "has loaded it: is its configuration another?"
			       : "has not loaded it: its log says why";
	if (!is_wanted)
		return NULL;
	if (process_is_static(p))
		return "has not loaded it: its program is linked statically, and so ignores "
		       "LD_PRELOAD: run the service instead";
	if (process_is_secure(p))
		return "has not loaded it: its program has file capabilities or changed its "
		       "SELinux domain, and so ignores LD_PRELOAD: run the service instead";
	return "has not loaded it: LD_PRELOAD names no file that it can read, as its log says";
}

static int preloaded_see(void *context, const char *name)
{
	struct process p = { .pid = name, .text = BUF_INIT(FILE_MAX) };
	const char *what;

	if (strspn(name, "0123456789") == strlen(name) && process_is_analyzer(&p)) {
		what = process_describe(&p);
		if (what)
			buf_printf(context, "; the analyzer, process %s, %s", name, what);
	}
	buf_fini(&p.text);
	return 0;
}

void preloaded_explain(struct buf *out)
{
	io_list("/proc", preloaded_see, out);
}
