/* SPDX-License-Identifier: Apache-2.0 */
/* log.c - see log.h. */
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "sys/log.h"
#include "sys/thread.h"

#define LINES_MAX      256
#define LINE_MAX_BYTES 1024

struct line {
	enum log_level level;
	char text[LINE_MAX_BYTES];
};

struct log {
	struct skydive_host host;
	struct log_outputs *_Atomic outputs;
	_Atomic int level;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	struct line ring[LINES_MAX];
	size_t first, count;
	unsigned long dropped;
	bool is_stopping;

	/* The thread's own. */
	struct line last;
	unsigned long repeats;
};

static void log_hand_over(struct log *log, enum log_level level, const char *text)
{
	struct log_outputs *outputs = atomic_load(&log->outputs);

	if (outputs)
		log_outputs_write(outputs, (enum skydive_log_level)level, text);
	else if (log->host.log)
		log->host.log(log->host.context, (enum skydive_log_level)level, text);
}

static void end_repeats(struct log *log)
{
	char text[64];

	if (!log->repeats)
		return;
	snprintf(text, sizeof(text), "the line above came %lu more times", log->repeats);
	log->repeats = 0;
	log_hand_over(log, log->last.level, text);
}

static void log_one(struct log *log, const struct line *line)
{
	if (log->last.level == line->level && strcmp(log->last.text, line->text) == 0) {
		log->repeats++;
		return;
	}
	end_repeats(log);
	log->last = *line;
	log_hand_over(log, line->level, line->text);
}

static void say_dropped(struct log *log, unsigned long dropped)
{
	char text[96];

	if (!dropped)
		return;
	end_repeats(log);
	log->last.text[0] = '\0'; /* it is no longer the line above */
	snprintf(text, sizeof(text), "log=overflow lines_dropped=%lu", dropped);
	log_hand_over(log, LOG_WARNING, text);
}

static void *log_run(void *argument)
{
	struct log *log = argument;
	struct line line;

	pthread_mutex_lock(&log->lock);
	while (log->count || !log->is_stopping) {
		unsigned long dropped = log->dropped;

		if (!log->count) {
			pthread_cond_wait(&log->changed, &log->lock);
			continue;
		}
		line = log->ring[log->first];
		log->first = (log->first + 1) % LINES_MAX;
		log->count--;
		log->dropped = 0;
		pthread_mutex_unlock(&log->lock);
		log_one(log, &line);
		say_dropped(log, dropped);
		pthread_mutex_lock(&log->lock);
	}
	pthread_mutex_unlock(&log->lock);
	end_repeats(log);
	return NULL;
}

struct log *log_new(const struct skydive_host *host, enum log_level level,
		    struct err *err)
{
	struct log *log = calloc(1, sizeof(*log));
	int error;

	if (!log) {
		err_set(err, "out of memory");
		return NULL;
	}
	if (host)
		log->host = *host;
	log->level = level;
	pthread_mutex_init(&log->lock, NULL);
	thread_condition_init(&log->changed);
	error = thread_start(&log->thread, "log", log_run, log);
	if (!error)
		return log;
	err_set(err, "cannot start a thread: %s", strerror(-error));
	pthread_cond_destroy(&log->changed);
	pthread_mutex_destroy(&log->lock);
	free(log);
	return NULL;
}

void log_free(struct log *log)
{
	if (!log)
		return;
	pthread_mutex_lock(&log->lock);
	log->is_stopping = true;
	pthread_cond_signal(&log->changed);
	pthread_mutex_unlock(&log->lock);
	pthread_join(log->thread, NULL);
	log_outputs_free(log->outputs);
	pthread_cond_destroy(&log->changed);
	pthread_mutex_destroy(&log->lock);
	free(log);
}

void log_set_level(struct log *log, enum log_level level)
{
	log->level = level;
}

void log_set_outputs(struct log *log, struct log_outputs *outputs)
{
	log->level = (int)log_outputs_level(outputs);
	atomic_store(&log->outputs, outputs);
}

const char *log_quote(struct log_quoted *out, const char *text)
{
	size_t n = 0;

	for (; *text && n < sizeof(out->text) - 2; text++) {
		if (*text == '"' || *text == '\\')
			out->text[n++] = '\\';
		out->text[n++] = *text;
	}
	out->text[n] = '\0';
	return out->text;
}

/* Foreign text must not end our line or start another. */
static void log_make_printable(char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < 0x20 || *text == 0x7f)
			*text = ' ';
}

void log_write(struct log *log, enum log_level level, const char *fmt, ...)
{
	struct line line = { .level = level };
	va_list args;

	if (!log || (int)level > log->level)
		return;
	va_start(args, fmt);
	vsnprintf(line.text, sizeof(line.text), fmt, args);
	va_end(args);
	log_make_printable(line.text);
	pthread_mutex_lock(&log->lock);
	if (log->count == LINES_MAX)
		log->dropped++;
	else
		log->ring[(log->first + log->count++) % LINES_MAX] = line;
	pthread_cond_signal(&log->changed);
	pthread_mutex_unlock(&log->lock);
}
