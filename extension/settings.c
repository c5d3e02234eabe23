/* SPDX-License-Identifier: Apache-2.0 */
/* settings.c - see settings.h. The files themselves are read in
 * settings_files.c.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>
#include "format/json_write.h"
#include "settings.h"
#include "settings_files.h"
#include "topology/analyzer.h"

#define ARENA_MAX	((size_t)64 << 20)
#define SECTIONS_MAX	64
#define MESSAGE_MAX	((size_t)64 << 20)

/* Keys of the main file that no module owns. */
struct program {
	struct str include, profile, host_id;
	int64_t workers;
	int64_t lookup_timeout_ms;
	int64_t batch_bytes, held_bytes;
	int64_t stop_timeout_ms;
	struct map_of_str cookie;
};

static const struct program program_defaults = {
	.lookup_timeout_ms = 5000,
	.batch_bytes = (int64_t)64 << 20,
	.held_bytes = (int64_t)32 << 20,
	.stop_timeout_ms = 10000,
};

static const struct shape program_shape = {
	.name = "program",
	.size = sizeof(struct program),
	.fields = (const struct field[]){
		OPTION(struct program, include, "include", 0,
		       "drop-ins, one pipeline each, relative to this file"),
		OPTION(struct program, profile, "profile", 0,
		       "the defaults of a program of the Go flow exporter"),
		OPTION(struct program, host_id, "host_id", 0,
		       "X-Host-ID, unique among the analyzer's subscribers"),
		OPTION_RANGE(struct program, workers, "workers", 0, 0, 64,
			     "threads; 0: as many as cores, 4 at most"),
		OPTION_RANGE(struct program, lookup_timeout_ms, "topology.lookup_timeout",
			     FIELD_DURATION, 0, 3600000,
			     "what a record waits for at most"),
		OPTION_RANGE(struct program, batch_bytes, "limits.batch_bytes", FIELD_SIZE,
			     1 << 20, INT64_MAX, "flows in memory, of all pipelines"),
		OPTION_RANGE(struct program, held_bytes, "limits.held_bytes", FIELD_SIZE,
			     0, INT64_MAX, "rows in memory while the spool is unwritable"),
		OPTION_RANGE(struct program, stop_timeout_ms, "stop_timeout",
			     FIELD_DURATION, 1, 3600000, "the whole of a stop"),
		OPTION(struct program, cookie, "http.cookie", 0,
		       "sent to the analyzer, for a proxy in front of it"),
		{ 0 }
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
	.fields = (const struct field[]){
		OPTION(struct tls_keys, ca_cert, "ca_cert", 0,
		       "the CA that signed the analyzer's certificate"),
		OPTION(struct tls_keys, client_cert, "client_cert", 0,
		       "the certificate that is shown to the analyzer"),
		OPTION(struct tls_keys, client_key, "client_key", 0, "and its key"),
		OPTION(struct tls_keys, server_cert, "server_cert", 0,
		       "of the analyzer itself: with server_key, REST uses https"),
		OPTION(struct tls_keys, server_key, "server_key", 0, ""),
		{ 0 }
	},
};

/* Keys of a pipeline's subscription. */
struct source_keys {
	struct str url;
	int protocol;
	int64_t starvation_ms;
};

static const struct source_keys source_defaults = { .starvation_ms = 35000 };

static const char *const protocol_names[] = { "protobuf", "json", NULL };

static const struct shape source_shape = {
	.name = "subscriber",
	.size = sizeof(struct source_keys),
	.fields = (const struct field[]){
		OPTION(struct source_keys, url, "url", 0, "where flows come from"),
		OPTION_ENUM(struct source_keys, protocol, "protocol", 0, protocol_names,
			    "framing of the websocket"),
		OPTION_RANGE(struct source_keys, starvation_ms, "starvation_timeout",
			     FIELD_DURATION, 0, 86400000,
			     "without flows and stats the subscription is renewed; 0: off"),
		{ 0 }
	},
	.defaults = &source_defaults,
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

static void read_source(struct settings *s, struct tenant_settings *t,
			const struct program *program, struct problems *problems)
{
	struct source_keys keys = source_defaults;
	struct err err = ERR_INIT;

	if (config_read(t->config, "pipeline.subscriber", &source_shape, &keys, &s->arena,
			problems))
		return;
	t->url = keys.url;
	if (source_url_parse(keys.url, &t->source.url, &err) < 0) {
		snprintf(err.key, sizeof(err.key), "url");
		config_problem(t->config, "pipeline.subscriber", &err, problems);
	}
	t->source.host_id = program->host_id;
	t->source.username = s->topology.username;
	t->source.password = s->topology.password;
	t->source.cookie = s->topology.cookie;
	t->source.tls = &s->tls;
	t->source.framing = keys.protocol ? FRAMING_JSON : FRAMING_PROTOBUF;
	t->source.starvation_ms = keys.starvation_ms;
	t->source.message_max = MESSAGE_MAX;
}

static void check_keys(const struct config *config, struct problems *problems)
{
	struct config_section sections[SECTIONS_MAX];
	size_t count = tenant_sections(sections, SECTIONS_MAX - 1);

	sections[count++] = (struct config_section){ "pipeline.subscriber", &source_shape };
	config_check(config, "pipeline", sections, count, problems);
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
	while (stat(path, &status) < 0 && errno != ENOTDIR && (slash = strrchr(path, '/')) &&
	       slash != path)
		*slash = '\0';
	if (stat(path, &status) == 0 ? S_ISDIR(status.st_mode) : errno != ENOTDIR)
		return;
	err_set_key(&err, "directory", STR_FMT " cannot be made: something above it is not "
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

		if (analyzer_put_url(&url, s->topology.analyzers.item[i], false, &why) == 0)
			continue;
		snprintf(key, sizeof(key), "analyzers[%zu]", i);
		err_set_key(&err, key, "not an analyzer's address: %s", why.text);
		config_problem(s->base, "", &err, problems);
	}
	buf_fini(&url);
}

/* As Skydive's own clients write it: "name=value; " for each. */
static struct str cookie_of(struct settings *s, const struct map_of_str *cookies)
{
	struct buf b = BUF_INIT(64 * 1024);
	struct str cookie;
	size_t i;

	for (i = 0; i < cookies->count; i++)
		buf_printf(&b, STR_FMT "=" STR_FMT "; ", STR_ARG(cookies->name[i]),
			   STR_ARG(cookies->value[i]));
	cookie = arena_str(&s->arena, buf_str(&b));
	buf_fini(&b);
	return cookie;
}

/* What a reload does not change. */
static void note_program(struct settings *s, const struct program *program)
{
	const struct json_style compact = { false, 0 };
	struct buf b = BUF_INIT(1 << 20);

	json_put_record(&b, &program_shape, program, compact);
	json_put_record(&b, &spool_shape, &s->spool, compact);
	json_put_record(&b, &topology_shape, &s->topology, compact);
	json_put_string(&b, s->status.listen);
	s->program_text = arena_str(&s->arena, buf_str(&b));
	buf_fini(&b);
}

static void read_program(struct settings *s, struct program *program,
			 struct problems *problems)
{
	*program = program_defaults;
	config_read(s->base, "", &program_shape, program, &s->arena, problems);
	config_read(s->base, "logging", &logging_shape, &s->logging, &s->arena, problems);
	config_read(s->base, "spool", &spool_shape, &s->spool, &s->arena, problems);
	config_read(s->base, "", &topology_shape, &s->topology, &s->arena, problems);
	check_spool(s, problems);
	check_analyzers(s, problems);
	s->topology.cookie = cookie_of(s, &program->cookie);
	read_tls(s, problems);
	status_settings_read(&s->status, s->base, &s->arena, problems);
	note_program(s, program);
	s->workers = program->workers;
	s->lookup_timeout_ms = program->lookup_timeout_ms;
	s->batch_bytes = program->batch_bytes;
	s->held_bytes = program->held_bytes;
	s->stop_timeout_ms = program->stop_timeout_ms;
	if (program->host_id.len == 0)
		program->host_id = make_host_id(&s->arena);
}

/* Two pipelines must not write under the same keys. */
static void check_destinations(struct settings *s, struct problems *problems)
{
	struct buf a = BUF_INIT(16384), b = BUF_INIT(16384);
	size_t i, j;

	for (i = 0; i < s->tenants; i++) {
		if (!s->tenant[i].tenant)
			continue;
		buf_reset(&a);
		tenant_destination(s->tenant[i].tenant, &a);
		for (j = 0; j < i && !str_starts(buf_str(&a), STR("stdout")); j++) {
			struct err err = ERR_INIT;

			if (!s->tenant[j].tenant)
				continue;
			buf_reset(&b);
			tenant_destination(s->tenant[j].tenant, &b);
			if (!str_equal(buf_str(&a), buf_str(&b)))
				continue;
			err_set_key(&err, "filename_prefix", "pipelines %s and %s write to "
				    "the same bucket and prefix; give one of them another "
				    "filename_prefix or dirname", s->tenant[j].name,
				    s->tenant[i].name);
			config_problem(s->tenant[i].config, "pipeline.store.buffered", &err,
				       problems);
			s->tenant[i].is_bad = true;
			break;
		}
	}
	buf_fini(&a);
	buf_fini(&b);
}

/* One connection per URL: what belongs to it must agree. */
static void check_sources(struct settings *s, struct problems *problems)
{
	struct tenant_settings *a;
	const struct tenant_settings *b;
	size_t i, j;

	for (i = 1; i < s->tenants; i++) {
		a = &s->tenant[i];
		for (j = 0; j < i; j++) {
			struct err err = ERR_INIT;

			b = &s->tenant[j];
			if (!str_equal(a->url, b->url) ||
			    a->source.framing == b->source.framing)
				continue;
			err_set_key(&err, "protocol", "pipelines %s and %s subscribe to "
				    "one URL with different protocols; there is one "
				    "connection for both", b->name, a->name);
			config_problem(a->config, "pipeline.subscriber", &err, problems);
			a->is_bad = true;
			break;
		}
	}
}

static void read_tenant(struct settings *s, struct tenant_settings *t,
			const struct program *program, struct log *log,
			struct problems *problems)
{
	size_t before = problems->count;
	struct buf text = BUF_INIT(1 << 20);

	if (!t->config)
		return;
	check_keys(t->config, problems);
	read_source(s, t, program, problems);
	t->tenant = tenant_new(t->name, t->config, log, problems);
	t->is_bad = problems->count > before;
	tenant_text(t->config, true, &text);
	t->writer_text = arena_str(&s->arena, buf_str(&text));
	buf_reset(&text);
	buf_put(&text, t->url);
	tenant_text(t->config, false, &text);
	t->text = arena_str(&s->arena, buf_str(&text));
	buf_fini(&text);
}

static void read_tenants(struct settings *s, const struct program *program,
			 struct log *log, struct problems *problems)
{
	size_t i;

	for (i = 0; i < s->tenants; i++)
		read_tenant(s, &s->tenant[i], program, log, problems);
	check_destinations(s, problems);
	check_sources(s, problems);
}

struct settings *settings_read(const char *path, char *const *environ, struct log *log,
			       struct problems *problems)
{
	struct settings *s = calloc(1, sizeof(*s));
	struct program program;
	bool is_bad = true;
	size_t before;

	if (!s) {
		problems_add(problems, "%s: out of memory", path);
		return NULL;
	}
	s->arena = (struct arena)ARENA_INIT(ARENA_MAX);
	before = problems->count;
	s->base = settings_files_main(path, environ, problems);
	if (s->base) {
		read_program(s, &program, problems);
		if (program.include.len)
			check_keys(s->base, problems);
		is_bad = problems->count > before;
		settings_files_tenants(s, path, program.include, environ, problems);
		read_tenants(s, &program, log, problems);
		/* Such as an empty file: a reload must not end what runs. */
		is_bad |= program.include.len == 0 && s->tenants && s->tenant[0].is_bad;
	}
	if (!is_bad)
		return s;
	settings_free(s);
	return NULL;
}

void settings_free(struct settings *s)
{
	size_t i;

	if (!s)
		return;
	for (i = 0; i < s->tenants; i++) {
		tenant_free(s->tenant[i].tenant);
		config_free(s->tenant[i].config);
		free(s->tenant[i].name);
	}
	free(s->tenant);
	config_free(s->base);
	arena_fini(&s->arena);
	free(s);
}
