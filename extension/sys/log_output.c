/* SPDX-License-Identifier: Apache-2.0 */
/* log_output.c - see log_output.h. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include "format/json_write.h"
#include "format/time_text.h"
#include "sys/clock.h"
#include "sys/io.h"
#include "sys/log_output.h"

#define OUTPUTS_MAX	4
#define WRITE_MS	100
#define FACILITY_DAEMON 24 /* 3 << 3, RFC 5424 */

enum {
	LEVEL_CRITICAL,
	LEVEL_ERROR,
	LEVEL_WARNING,
	LEVEL_NOTICE,
	LEVEL_INFO,
	LEVEL_DEBUG
};
enum { ENCODER_CONSOLE, ENCODER_JSON };

static const char *const level_names[] = {
	"CRITICAL", "ERROR", "WARNING", "NOTICE", "INFO", "DEBUG", NULL,
};

static const char *const encoder_names[] = { "", "json", "console", NULL };

static const struct logging_options logging_defaults = {
	.level = LEVEL_INFO,
	.of_stderr = { -1, -1 },
	.of_stdout = { -1, -1 },
	.of_file = { -1, -1 },
	.of_syslog = { -1, -1 },
	.file_path = { "/var/log/skydive-exporter.log", 29 },
	.syslog_protocol = { "unixgram", 8 },
	.syslog_address = { "/dev/log", 8 },
	.syslog_tag = { "skydive-exporter", 16 },
};

#define LEVEL(member, key)                                                               \
	OPTION_ENUM(struct logging_options, member.level, key, FIELD_SHORT, level_names, \
		    "what is logged there; not set: as everywhere")
#define ENCODER(member, key)                                                             \
	OPTION_ENUM(struct logging_options, member.encoder, key, 0, encoder_names,       \
		    "json, else plain text; not set: as everywhere")

const struct shape logging_shape = {
	.name = "logging",
	.size = sizeof(struct logging_options),
	.fields =
		(const struct field[]){
			OPTION(struct logging_options, backends, "backends", 0,
			       "stderr, stdout, file, syslog"),
			OPTION_ENUM(struct logging_options, level, "level", FIELD_SHORT,
				    level_names, "what is logged"),
			OPTION_ENUM(struct logging_options, encoder, "encoder", 0,
				    encoder_names, "json, else plain text"),
			OPTION(struct logging_options, color, "color", 0,
			       "has no effect"),
			OPTION(struct logging_options, id, "id", 0,
			       "put before every line"),
			LEVEL(of_stderr, "stderr.level"),
			ENCODER(of_stderr, "stderr.encoder"),
			LEVEL(of_stdout, "stdout.level"),
			ENCODER(of_stdout, "stdout.encoder"),
			LEVEL(of_file, "file.level"),
			ENCODER(of_file, "file.encoder"),
			LEVEL(of_syslog, "syslog.level"),
			ENCODER(of_syslog, "syslog.encoder"),
			OPTION(struct logging_options, file_path, "file.path", 0,
			       "appended to"),
			OPTION(struct logging_options, syslog_protocol, "syslog.protocol",
			       0, "unixgram"),
			OPTION(struct logging_options, syslog_address, "syslog.address",
			       0, "path of the socket"),
			OPTION(struct logging_options, syslog_tag, "syslog.tag", 0,
			       "name of the program"),
			{ 0 },
		},
	.defaults = &logging_defaults,
};

struct output {
	enum { OUTPUT_HOST, OUTPUT_FD, OUTPUT_SYSLOG } kind;
	enum skydive_log_level level;
	bool is_json;
	int fd;
};

struct log_outputs {
	struct skydive_host host;
	struct output output[OUTPUTS_MAX];
	size_t count;
	char id[64], tag[64];
	struct buf line;
};

static enum skydive_log_level level_of(int level)
{
	if (level <= LEVEL_ERROR)
		return SKYDIVE_LOG_ERROR;
	if (level == LEVEL_WARNING)
		return SKYDIVE_LOG_WARNING;
	return level == LEVEL_DEBUG ? SKYDIVE_LOG_DEBUG : SKYDIVE_LOG_INFO;
}

static int check_syslog(const struct logging_options *o, struct err *err)
{
	size_t most = sizeof(((struct sockaddr_un *)NULL)->sun_path) - 1;

	if (!str_equal_nocase(o->syslog_protocol, STR("unixgram")))
		return err_set_key(err, "syslog.protocol",
				   "\"" STR_FMT "\" is not supported; there is: unixgram",
				   STR_ARG(o->syslog_protocol));
	if (o->syslog_address.len > most)
		return err_set_key(err, "syslog.address",
				   "the path has %zu bytes; a socket's has %zu at most",
				   o->syslog_address.len, most);
	return 0;
}

static int open_syslog(const struct logging_options *o, struct err *err)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd;

	if (check_syslog(o, err) < 0)
		return -EINVAL;
	memcpy(address.sun_path, o->syslog_address.ptr, o->syslog_address.len);
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0)
		return fd;
	err_set_key(err, "syslog.address", "cannot connect to " STR_FMT ": %s",
		    STR_ARG(o->syslog_address), strerror(errno));
	if (fd >= 0)
		close(fd);
	return -EINVAL;
}

static int output_open_file(const struct logging_options *o, struct err *err)
{
	int fd = io_open(o->file_path.ptr, O_WRONLY | O_CREAT | O_APPEND, 0640);

	if (fd < 0)
		err_set_key(err, "file.path", "cannot write " STR_FMT ": %s",
			    STR_ARG(o->file_path), strerror(-fd));
	return fd;
}

static bool is_backend(struct str name)
{
	static const char *const names[] = { "stderr", "stdout", "file", "syslog" };
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (str_equal_nocase(name, str_of(names[i])))
			return true;
	return false;
}

int log_outputs_check(const struct logging_options *o, struct err *err)
{
	char key[32];
	bool uses_syslog = false;
	int error = 0;
	size_t i;

	for (i = 0; i < o->backends.count; i++) {
		struct str name = o->backends.item[i];

		uses_syslog = uses_syslog || str_equal_nocase(name, STR("syslog"));
		if (is_backend(name))
			continue;
		snprintf(key, sizeof(key), "backends[%zu]", i);
		err_also(err);
		error = err_set_key(err, key,
				    "\"" STR_FMT "\" is no backend; there are: stderr, "
				    "stdout, file, syslog",
				    STR_ARG(name));
	}
	if (!uses_syslog)
		return error;
	err_also(err);
	return check_syslog(o, err) < 0 ? -EINVAL : error;
}

static int open_output(const struct logging_options *o, struct str name,
		       struct output *out, struct err *err)
{
	const struct logging_backend *backend;

	*out = (struct output){ .kind = OUTPUT_HOST, .fd = -1 };
	if (str_equal_nocase(name, STR("stderr"))) {
		backend = &o->of_stderr;
	} else if (str_equal_nocase(name, STR("stdout"))) {
		backend = &o->of_stdout;
		out->kind = OUTPUT_FD;
		out->fd = STDOUT_FILENO;
	} else if (str_equal_nocase(name, STR("file"))) {
		backend = &o->of_file;
		out->kind = OUTPUT_FD;
		out->fd = output_open_file(o, err);
	} else if (str_equal_nocase(name, STR("syslog"))) {
		backend = &o->of_syslog;
		out->kind = OUTPUT_SYSLOG;
		out->fd = open_syslog(o, err);
	} else {
		return err_set_key(err, "backends",
				   "\"" STR_FMT "\" is no backend; there "
				   "are: stderr, stdout, file, syslog",
				   STR_ARG(name));
	}
	out->level = level_of(backend->level < 0 ? o->level : backend->level);
	out->is_json = (backend->encoder < 0 ? o->encoder : backend->encoder) ==
		       ENCODER_JSON;
	return out->kind == OUTPUT_HOST || out->fd >= 0 ? 0 : -EINVAL;
}

struct log_outputs *log_outputs_new(const struct logging_options *o,
				    const struct skydive_host *host, struct err *err)
{
	struct log_outputs *outputs = calloc(1, sizeof(*outputs));
	struct str usual = STR("stderr");
	struct strs names = o->backends.count ? o->backends : (struct strs){ &usual, 1 };
	size_t i;

	if (!outputs) {
		err_set(err, "out of memory");
		return NULL;
	}
	if (host)
		outputs->host = *host;
	outputs->line = (struct buf)BUF_INIT(64 * 1024);
	snprintf(outputs->id, sizeof(outputs->id), STR_FMT, STR_ARG(o->id));
	snprintf(outputs->tag, sizeof(outputs->tag), STR_FMT, STR_ARG(o->syslog_tag));
	for (i = 0; i < names.count && i < OUTPUTS_MAX; i++) {
		if (open_output(o, names.item[i], &outputs->output[i], err) < 0) {
			log_outputs_free(outputs);
			return NULL;
		}
		outputs->count++;
	}
	return outputs;
}

void log_outputs_free(struct log_outputs *outputs)
{
	size_t i;

	if (!outputs)
		return;
	for (i = 0; i < outputs->count; i++)
		if (outputs->output[i].fd > STDERR_FILENO)
			close(outputs->output[i].fd);
	buf_fini(&outputs->line);
	free(outputs);
}

enum skydive_log_level log_outputs_level(const struct log_outputs *outputs)
{
	enum skydive_log_level level = SKYDIVE_LOG_ERROR;
	size_t i;

	for (i = 0; i < outputs->count; i++)
		if (outputs->output[i].level > level)
			level = outputs->output[i].level;
	return level;
}

static const char *output_name_of(enum skydive_log_level level)
{
	static const char *const names[] = { "error", "warning", "info", "debug" };

	return names[level];
}

static void output_encode(struct log_outputs *outputs, const struct output *out,
			  enum skydive_log_level level, const char *text)
{
	struct buf *b = &outputs->line;
	struct now now = clock_now();

	buf_reset(b);
	if (out->is_json) {
		buf_printf(b, "{\"level\":\"%s\",\"ts\":\"", output_name_of(level));
		time_put_rfc3339_nanos(b, now.wall_ms / 1000,
				       (int32_t)(now.wall_ms % 1000 * 1000000));
		buf_puts(b, "\",\"msg\":");
		json_put_string(b, str_of(text));
		buf_putc(b, '}');
		return;
	}
	if (out->kind == OUTPUT_FD) {
		time_put_rfc3339(b, now.wall_ms / 1000);
		buf_printf(b, " %s ", output_name_of(level));
	}
	if (*outputs->id)
		buf_printf(b, "%s: ", outputs->id);
	buf_puts(b, text);
}

/* RFC 3164, as syslog daemons take it from /dev/log. */
static void send_syslog(struct log_outputs *outputs, const struct output *out,
			enum skydive_log_level level)
{
	static const int severities[] = { 3, 4, 6, 7 };
	char text[2048];
	int n = snprintf(text, sizeof(text), "<%d>%s[%d]: %s",
			 FACILITY_DAEMON + severities[level], outputs->tag, (int)getpid(),
			 buf_str(&outputs->line).ptr);

	if (n > 0)
		send(out->fd, text,
		     (size_t)n < sizeof(text) ? (size_t)n : sizeof(text) - 1,
		     MSG_NOSIGNAL);
}

static void write_fd(struct log_outputs *outputs, const struct output *out)
{
	struct pollfd ready = { .fd = out->fd, .events = POLLOUT };

	buf_putc(&outputs->line, '\n');
	if (poll(&ready, 1, WRITE_MS) == 1)
		io_write(out->fd, buf_str(&outputs->line));
}

void log_outputs_write(struct log_outputs *outputs, enum skydive_log_level level,
		       const char *text)
{
	size_t i;

	for (i = 0; i < outputs->count; i++) {
		const struct output *out = &outputs->output[i];

		if (level > out->level)
			continue;
		output_encode(outputs, out, level, text);
		if (out->kind == OUTPUT_FD)
			write_fd(outputs, out);
		else if (out->kind == OUTPUT_SYSLOG)
			send_syslog(outputs, out, level);
		else if (outputs->host.log)
			outputs->host.log(outputs->host.context, level,
					  buf_str(&outputs->line).ptr);
	}
}
