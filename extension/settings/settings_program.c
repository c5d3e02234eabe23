/* SPDX-License-Identifier: Apache-2.0 */
/* settings_program.c - see settings_program.h. */
#include <errno.h>
#include <stdio.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>
#include "format/json_write.h"
#include "net/header_text.h"
#include "settings/settings_program.h"
#include "topology/analyzer_url.h"

static const struct program program_defaults = {
	.lookup_timeout_ms = 5000,
	.batch_bytes = (int64_t)64 << 20,
	.held_bytes = (int64_t)32 << 20,
	.stop_timeout_ms = 10000,
};

static const struct shape program_shape = {
	.name = "program",
	.size = sizeof(struct program),
	.fields =
		(const struct field[]){
			OPTION(struct program, include, "include", 0,
			       "drop-ins, one pipeline each, relative to this file"),
			OPTION(struct program, profile, "profile", 0,
			       "the defaults of a program of the Go flow exporter"),
			OPTION(struct program, host_id, "host_id", 0,
			       "X-Host-ID, unique among the analyzer's subscribers"),
			OPTION_RANGE(struct program, workers, "workers", 0, 0, 64,
				     "threads; 0: as many as cores, 4 at most"),
			OPTION_RANGE(struct program, lookup_timeout_ms,
				     "topology.lookup_timeout", FIELD_DURATION, 0,
				     3600000, "longest wait of a record for answers"),
			OPTION_RANGE(struct program, batch_bytes, "limits.batch_bytes",
				     FIELD_SIZE, 1 << 20, INT64_MAX,
				     "flows in memory, of all pipelines"),
			OPTION_RANGE(struct program, held_bytes, "limits.held_bytes",
				     FIELD_SIZE, 0, INT64_MAX,
				     "rows in memory while the spool is unwritable"),
			OPTION_RANGE(struct program, stop_timeout_ms, "stop_timeout",
				     FIELD_DURATION, 1, 3600000,
				     "longest time for a "
				     "stop"),
			OPTION(struct program, cookie, "http.cookie",
			       FIELD_SECRET | FIELD_PAIRS,
			       "sent to the analyzer, for a proxy in front of it"),
			{ 0 },
		},
	.defaults = &program_defaults,
};

/* Files of TLS to the analyzer: section "tls". */
struct tls_keys {
	struct str ca_cert, client_cert, client_key, server_cert, server_key;
};

static const struct shape tls_shape = {
	.name = "tls",
	.size = sizeof(struct tls_keys),
	.fields =
		(const struct field[]){
			OPTION(struct tls_keys, ca_cert, "ca_cert", 0,
			       "the CA that signed the analyzer's certificate"),
			OPTION(struct tls_keys, client_cert, "client_cert", 0,
			       "client certificate for the analyzer"),
			OPTION(struct tls_keys, client_key, "client_key", 0,
			       "and its key"),
			OPTION(struct tls_keys, server_cert, "server_cert", 0,
			       "of the analyzer itself: with server_key, REST uses https"),
			OPTION(struct tls_keys, server_key, "server_key", 0,
			       "of the analyzer itself; it is not read"),
			{ 0 },
		},
};

/* A host id of our own: stable for the life of the process, and unique. */
static struct str make_host_id(struct arena *arena)
{
	char host[256] = "host", text[300];
	uint32_t random = 0;

	gethostname(host, sizeof(host) - 1);
	if (getrandom(&random, sizeof(random), GRND_NONBLOCK) < 0)
		random = (uint32_t)getpid();
	snprintf(text, sizeof(text), "%s-flow-exporter-%08x", host, random);
	return arena_str(arena, str_of(text));
}

static void check_readable(const struct settings *s, const char *key, struct str path,
			   struct problems *problems)
{
	struct err err = ERR_INIT;

	if (path.len == 0 || access(path.ptr, R_OK) == 0)
		return;
	err_set_key(&err, key, "cannot read " STR_FMT ": %s", STR_ARG(path),
		    strerror(errno));
	config_problem(s->base, "tls", &err, problems);
}

/* A CA alone is enough; certificate and key come together. The analyzer is
 * asked with https when it is plain that it speaks it. */
static void read_tls(struct settings *s, struct problems *problems)
{
	struct tls_keys keys = { 0 };
	struct err err = ERR_INIT;

	if (config_read(s->base, "tls", &tls_shape, &keys, &s->arena, problems))
		return;
	check_readable(s, "ca_cert", keys.ca_cert, problems);
	check_readable(s, "client_cert", keys.client_cert, problems);
	check_readable(s, "client_key", keys.client_key, problems);
	if (!keys.client_cert.len != !keys.client_key.len) {
		err_set_key(&err, keys.client_cert.len ? "client_key" : "client_cert",
			    "must be set too: a certificate and its key come together");
		config_problem(s->base, "tls", &err, problems);
	}
	s->tls = (struct tls_files){ keys.ca_cert.ptr, keys.client_cert.ptr,
				     keys.client_key.ptr };
	s->topology.tls = s->tls;
	s->topology.is_https = (keys.ca_cert.len && keys.client_cert.len) ||
			       (keys.server_cert.len && keys.server_key.len);
}

/* The nearest directory above the spool that exists must be one. */
static void check_spool(const struct settings *s, struct problems *problems)
{
	struct err err = ERR_INIT;
	struct stat status;
	char path[4096];
	char *slash = path;

	snprintf(path, sizeof(path), STR_FMT, STR_ARG(s->spool.directory));
	while (stat(path, &status) < 0 && errno != ENOTDIR &&
	       (slash = strrchr(path, '/')) && slash != path)
		*slash = '\0';
	if (stat(path, &status) == 0 ? S_ISDIR(status.st_mode) : errno != ENOTDIR)
		return;
	err_set_key(&err, "directory",
		    STR_FMT
		    " cannot be made: something above it is not "
		    "a directory; set spool.directory to a place that can be written",
		    STR_ARG(s->spool.directory));
	config_problem(s->base, "spool", &err, problems);
}

static void check_analyzers(const struct settings *s, struct problems *problems)
{
	struct buf url = BUF_INIT(4096);
	char key[32];
	size_t i;

	for (i = 0; i < s->topology.analyzers.count; i++) {
		struct err why = ERR_INIT, err = ERR_INIT;

		if (analyzer_url_put(&url, s->topology.analyzers.item[i], false, &why) ==
		    0)
			continue;
		snprintf(key, sizeof(key), "analyzers[%zu]", i);
		err_set_key(&err, key, "not an analyzer's address: %s", why.text);
		config_problem(s->base, "", &err, problems);
	}
	buf_fini(&url);
}

/* All become headers of questions; see source_auth.h for streams. */
static void read_headers(struct settings *s, const struct program *program,
			 struct problems *problems)
{
	struct config_listener listener = { s->base, "", problems, false };
	struct err err = config_listen(&listener), why = ERR_INIT;

	if (source_auth_cookie(&program->cookie, &s->arena, &s->topology.cookie, &why) <
	    0)
		err_set_key(&err, "http.cookie", "%s", why.text);
	source_auth_check_shared(s->topology.username, s->topology.password, &err);
	err_also(&err);
	if (!header_text_fits(program->host_id))
		err_set_key(&err, "host_id", HEADER_TEXT_REASON);
	err_also(&err);
}

/* What a reload does not change. */
static void put_tls_files(struct buf *b, const struct tls_files *tls)
{
	const char *const path[] = { tls->ca_cert, tls->client_cert, tls->client_key };
	size_t i;

	for (i = 0; i < sizeof(path) / sizeof(path[0]); i++)
		json_put_string(b, str_of(path[i] ? path[i] : ""));
}

static void note_program(struct settings *s, const struct program *program)
{
	const struct json_style compact = { false, 0 };
	struct buf b = BUF_INIT(1 << 20);

	json_put_record(&b, &program_shape, program, compact);
	json_put_record(&b, &spool_shape, &s->spool, compact);
	json_put_record(&b, &topology_shape, &s->topology, compact);
	json_put_record(&b, &status_shape, &s->status, compact);
	json_put_record(&b, &logging_shape, &s->logging, compact);
	put_tls_files(&b, &s->tls);
	s->program_text = arena_str(&s->arena, buf_str(&b));
	buf_fini(&b);
}

static void read_logging(struct settings *s, struct problems *problems)
{
	struct config_listener listener = { s->base, "logging", problems, true };
	struct err err = config_listen(&listener);

	config_read(s->base, "logging", &logging_shape, &s->logging, &s->arena, problems);
	log_outputs_check(&s->logging, &err);
	err_also(&err);
}

void settings_program(struct settings *s, struct program *program,
		      struct problems *problems)
{
	*program = program_defaults;
	config_read(s->base, "", &program_shape, program, &s->arena, problems);
	read_logging(s, problems);
	config_read(s->base, "spool", &spool_shape, &s->spool, &s->arena, problems);
	config_read(s->base, "", &topology_shape, &s->topology, &s->arena, problems);
	check_spool(s, problems);
	check_analyzers(s, problems);
	read_headers(s, program, problems);
	read_tls(s, problems);
	status_settings_read(&s->status, s->base, &s->arena, problems);
	note_program(s, program);
	s->workers = program->workers;
	s->lookup_timeout_ms = program->lookup_timeout_ms;
	s->topology.patience_ms = program->lookup_timeout_ms;
	s->batch_bytes = program->batch_bytes;
	s->held_bytes = program->held_bytes;
	s->stop_timeout_ms = program->stop_timeout_ms;
	if (program->host_id.len == 0)
		program->host_id = make_host_id(&s->arena);
	s->identity = (struct session_identity){
		.host_id = program->host_id,
		.tls = &s->tls,
	};
}

size_t settings_program_sections(struct config_section *sections, size_t max)
{
	const struct config_section ours[] = {
		{ "", &program_shape },	 { "spool", &spool_shape },
		{ "", &topology_shape }, { "tls", &tls_shape },
		{ "", &status_shape },	 { "logging", &logging_shape },
	};
	size_t count = sizeof(ours) / sizeof(ours[0]), i;

	for (i = 0; i < count && i < max; i++)
		sections[i] = ours[i];
	return count;
}
