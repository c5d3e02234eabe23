/* SPDX-License-Identifier: Apache-2.0 */
/* audit.c - see audit.h. Nothing is asked of the exporter that runs: the journal is read
 * from its spool, and the store with the configured credentials. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>
#include "command/audit.h"
#include "command/audit_table.h"
#include "command/command.h"
#include "format/time_text.h"
#include "net/http.h"
#include "pipeline/object.h"
#include "settings/destination.h"
#include "settings/settings.h"
#include "source/registry.h"
#include "spool/stored.h"
#include "sys/clock.h"
#include "sys/io.h"
#include "writer/writer_instance.h"

#define PLACE_MAX 8192
#define SPOOL_MAX 4096
#define LINES_MAX 1000 /* of each kind */
#define OUT_MAX	  ((size_t)16 << 20)

struct audit {
	const struct pipeline_settings *pipeline; /* of settings */
	struct settings *settings;
	char spool[SPOOL_MAX];
	struct audit_table table;
	size_t broken; /* lines of the journal */
	int64_t begun_ms;
	struct buf out;
};

extern char **environ;

static const struct pipeline_settings *find_pipeline(const struct settings *s,
						     const char *tenant, struct err *err)
{
	struct buf names = BUF_INIT(512);
	const struct pipeline_settings *found = NULL;
	size_t i;

	for (i = 0; i < s->pipelines && !found; i++) {
		if (str_is(str_of(s->pipeline[i]->name), tenant))
			found = s->pipeline[i];
		buf_printf(&names, "%s%s", i ? ", " : "", s->pipeline[i]->name);
	}
	if (!found)
		err_set(err, "there is no pipeline \"%s\"; there is: %s%s", tenant,
			names.len ? buf_str(&names).ptr : "none",
			buf_error(&names) ? ", ..." : "");
	buf_fini(&names);
	return found;
}

static int audit_settings(struct audit *a, const char *config, const char *tenant,
			  struct err *err)
{
	struct problems problems = PROBLEMS_INIT;

	a->settings = settings_read(config, environ, NULL, &problems);
	if (a->settings)
		a->pipeline = find_pipeline(a->settings, tenant, err);
	else
		err_set(err, STR_FMT,
			(int)(problems.text.len ? problems.text.len - 1 : 0),
			buf_str(&problems.text).ptr);
	problems_fini(&problems);
	if (!a->pipeline)
		return -EINVAL;
	snprintf(a->spool, sizeof(a->spool), STR_FMT,
		 STR_ARG(a->settings->spool.directory));
	if (a->pipeline->source.source == &source_kafka)
		return err_set(err,
			       "pipeline \"%s\" shares its objects with a group: none "
			       "of its members knows all of them",
			       tenant);
	if (a->pipeline->has_series || !a->pipeline->writer.writer->list)
		return err_set(err, "pipeline \"%s\" stores nothing that can be listed",
			       tenant);
	return 0;
}

static int note_line(void *context, const struct stored_line *line)
{
	return audit_table_note(context, line);
}

static int excuse_line(void *context, const struct stored_line *line)
{
	struct audit *a = context;

	if (line->at_ms >= a->begun_ms)
		audit_table_excuse(&a->table, line);
	return 0;
}

/* The journal as it is before the store is asked: what it tells of is in the store. */
static int read_journal(struct audit *a, struct err *err)
{
	struct buf place = BUF_INIT(PLACE_MAX);
	int error;

	writer_options_put_place(&a->pipeline->writer, a->pipeline->store.dirname,
				 &place);
	audit_table_init(&a->table, buf_str(&place));
	buf_fini(&place);
	error = stored_read(a->spool, a->pipeline->name, note_line, &a->table, &a->broken,
			    err);
	if (error == -ENOMEM)
		err_set(err, "out of memory");
	audit_table_begin(&a->table);
	return error;
}

static int see_listed(void *context, const struct listed *listed)
{
	return audit_table_see(context, listed->key, listed->bytes);
}

static int list_store(struct audit *a, struct err *err)
{
	const struct listing listing = {
		.dirname = a->pipeline->store.dirname,
		.prefix = audit_table_prefix(&a->table),
		.see = see_listed,
		.context = &a->table,
	};
	struct http *http = http_new(err);
	const struct writer_around around = { .http = http };
	struct writer_instance writer;
	int error = http ? 0 : -EINVAL;

	if (!error)
		error = writer_instance_open(&writer, &a->pipeline->writer, &around, err);
	if (!error) {
		error = writer.type->list(writer.state, &listing, err);
		writer_instance_close(&writer);
	}
	http_free(http);
	if (error == -ENOMEM)
		err_set(err, "out of memory");
	return error;
}

/* Objects that were stored while the store was listed are no strangers. */
static int read_newer(struct audit *a, struct err *err)
{
	size_t ignored;

	return a->table.unknowns ? stored_read(a->spool, a->pipeline->name, excuse_line,
					       a, &ignored, err)
				 : 0;
}

static void put_time(struct buf *b, int64_t ms)
{
	time_put_rfc3339(b, ms / 1000);
}

static void put_key(struct buf *b, const char *what, struct str key)
{
	size_t i;

	buf_printf(b, "%-13s ", what);
	for (i = 0; i < key.len; i++)
		buf_putc(b, (unsigned char)key.ptr[i] < ' ' || key.ptr[i] == 0x7f
				    ? '?'
				    : key.ptr[i]);
}

static void put_missing(struct buf *b, const struct audit_entry *entry)
{
	put_key(b, "missing", entry->key);
	buf_printf(b, ": bytes=%" PRId64 " stored=", entry->bytes);
	put_time(b, entry->at_ms);
	buf_putc(b, '\n');
}

static void put_other_size(struct buf *b, const struct audit_entry *entry)
{
	put_key(b, "other-size", entry->key);
	buf_printf(b, ": bytes=%" PRId64 " found=%" PRId64 " stored=", entry->bytes,
		   entry->found);
	put_time(b, entry->at_ms);
	buf_putc(b, '\n');
}

static void put_rest(struct buf *b, const char *what, int64_t count)
{
	if (count > LINES_MAX)
		buf_printf(b, "%-13s ... and %" PRId64 " more\n", what,
			   count - LINES_MAX);
}

/* Prints each object that is not as it should be; how many there are of each kind. */
static void put_differences(struct audit *a, int64_t *missing, int64_t *other_size)
{
	size_t i;

	for (i = 0, *missing = *other_size = 0; i < a->table.entries; i++) {
		const struct audit_entry *entry = &a->table.entry[i];

		if (entry->found == entry->bytes)
			continue;
		if (entry->found < 0 && (*missing)++ < LINES_MAX)
			put_missing(&a->out, entry);
		else if (entry->found >= 0 && (*other_size)++ < LINES_MAX)
			put_other_size(&a->out, entry);
	}
	put_rest(&a->out, "missing", *missing);
	put_rest(&a->out, "other-size", *other_size);
}

static void put_unknown(struct audit *a)
{
	size_t i;

	for (i = 0; i < a->table.unknowns; i++) {
		const struct audit_unknown *unknown = &a->table.unknown[i];

		if (unknown->is_excused)
			continue;
		put_key(&a->out, "not-on-record", unknown->key);
		buf_printf(&a->out, ": bytes=%" PRId64 "\n", unknown->bytes);
	}
	put_rest(&a->out, "not-on-record", a->table.not_on_record);
}

/* What the journal cannot say. */
static void put_remarks(struct audit *a)
{
	const struct audit_table *t = &a->table;

	if (t->elsewhere)
		buf_printf(&a->out,
			   "%" PRId64 " objects were stored at another place, by an "
			   "earlier configuration: they are not looked at\n",
			   t->elsewhere);
	if (t->missed)
		buf_printf(&a->out,
			   "%" PRId64 " objects were stored while %s/%s/stored could not "
			   "be written: they are not looked at\n",
			   t->missed, a->spool, a->pipeline->name);
	if (a->broken)
		buf_printf(&a->out,
			   "%zu lines of %s/%s/stored are damaged: they are not looked "
			   "at\n",
			   a->broken, a->spool, a->pipeline->name);
}

static void put_head(struct audit *a)
{
	buf_printf(&a->out, "%s, ", a->pipeline->name);
	destination_describe(a->pipeline, &a->out);
	if (!a->table.since_ms) {
		buf_printf(&a->out, ": nothing is on record in %s/%s/stored\n", a->spool,
			   a->pipeline->name);
		return;
	}
	buf_puts(&a->out, ", since ");
	put_time(&a->out, a->table.since_ms);
	buf_puts(&a->out, ":\n");
}

/* true: all is there. */
static bool audit_report(struct audit *a)
{
	int64_t missing, other_size, objects = (int64_t)a->table.entries;

	put_head(a);
	put_differences(a, &missing, &other_size);
	put_unknown(a);
	put_remarks(a);
	buf_printf(&a->out,
		   "objects=%" PRId64 " fine=%" PRId64 " missing=%" PRId64
		   " other-size=%" PRId64 " not-on-record=%" PRId64 "\n",
		   objects, objects - missing - other_size, missing, other_size,
		   a->table.not_on_record);
	return !missing && !other_size;
}

int audit_run(const char *config, const char *tenant)
{
	struct audit a = { .out = BUF_INIT(OUT_MAX), .begun_ms = clock_now().wall_ms };
	struct err err = ERR_INIT;
	bool is_fine = false;
	int error = audit_settings(&a, config, tenant, &err);

	if (!error)
		error = read_journal(&a, &err);
	if (!error && a.table.entries)
		error = list_store(&a, &err);
	if (!error)
		error = read_newer(&a, &err);
	if (!error)
		is_fine = audit_report(&a);
	if (!error && io_write(STDOUT_FILENO, buf_str(&a.out)) < 0)
		error = err_set(&err, "cannot write to standard output");
	if (error)
		command_complain("%s: %s", tenant, err.text);
	audit_table_fini(&a.table);
	settings_free(a.settings);
	buf_fini(&a.out);
	return !error && is_fine ? EXIT_FINE : EXIT_FAILED;
}
