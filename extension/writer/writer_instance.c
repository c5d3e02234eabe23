/* SPDX-License-Identifier: Apache-2.0 */
/* writer_instance.c - see writer_instance.h. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "pipeline/object.h"
#include "sys/digest.h"
#include "sys/clock.h"
#include "sys/io.h"
#include "writer/writer_instance.h"

#define LOGIN_MS      15000
#define LOGIN_POLL_MS 20

int writer_instance_open(struct writer_instance *w, const struct writer_options *options,
			 const struct writer_around *around, struct err *err)
{
	const struct writer *type = options->writer;
	int error;

	*w = (struct writer_instance){ type, malloc(type->state->size) };
	if (!w->state) {
		err_set(err, "out of memory");
		error = -ENOMEM;
	} else {
		memcpy(w->state, options->values, type->state->size);
		error = type->init ? type->init(w->state, around, err) : 0;
	}
	if (error)
		writer_instance_close(w);
	return error;
}

void writer_instance_close(struct writer_instance *w)
{
	if (w->state && w->type->fini)
		w->type->fini(w->state);
	free(w->state);
	*w = (struct writer_instance){ 0 };
}

/* A put that is waited for. */
struct probe {
	struct put put;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	bool is_done;
};

static void probe_done(struct put *put)
{
	struct probe *probe = put->context;

	pthread_mutex_lock(&probe->lock);
	probe->is_done = true;
	pthread_cond_signal(&probe->changed);
	pthread_mutex_unlock(&probe->lock);
}

static int probe_once(struct writer_instance *w, const struct sealed *object,
		      struct err *err)
{
	struct probe probe = {
		.lock = PTHREAD_MUTEX_INITIALIZER,
		.changed = PTHREAD_COND_INITIALIZER,
	};

	probe.put = (struct put){
		.object = object,
		.done = probe_done,
		.context = &probe,
		.fd = io_open("/dev/null", O_RDONLY, 0),
		.result = PUT_FAILED,
	};
	w->type->put(w->state, &probe.put);
	pthread_mutex_lock(&probe.lock);
	while (!probe.is_done)
		pthread_cond_wait(&probe.changed, &probe.lock);
	pthread_mutex_unlock(&probe.lock);
	if (probe.put.fd >= 0)
		close(probe.put.fd);
	if (probe.put.result == PUT_STORED)
		return 0;
	return err_set(err, "%s", probe.put.error);
}

static int describe_empty(struct sealed *object)
{
	struct digest md5;
	int error = digest_init(&md5, DIGEST_MD5);

	if (error)
		return error;
	error = digest_end(&md5, object->md5);
	digest_fini(&md5);
	return error ? error : digest_sha256((struct str){ NULL, 0 }, object->sha256);
}

/* There is a token, or none is needed. */
static bool probe_token(struct writer_instance *w, const struct probe_report *report)
{
	int64_t until_ms = clock_now().mono_ms + LOGIN_MS;
	char why[256] = "";
	enum token_state token = TOKEN_UNUSED;

	while (w->type->token) {
		token = w->type->token(w->state, why, sizeof(why));
		if (token != TOKEN_WAITING || clock_now().mono_ms >= until_ms)
			break;
		poll(NULL, 0, LOGIN_POLL_MS);
	}
	if (token == TOKEN_UNUSED)
		return true;
	if (token == TOKEN_WAITING)
		snprintf(why, sizeof(why), "no answer; check iam_endpoint");
	report->step(report->context, "token", token == TOKEN_FINE,
		     token == TOKEN_FINE ? "" : why);
	return token == TOKEN_FINE;
}

/* Puts the object, and takes it away again. */
static int probe_store(struct writer_instance *w, struct sealed *object, struct err *err)
{
	int error = describe_empty(object);

	if (error)
		return err_set(err, "%s", strerror(-error));
	error = probe_once(w, object, err);
	object->removes = true;
	return error ? error : probe_once(w, object, err);
}

static int probe_instance(struct writer_instance *w, struct sealed *object,
			  const struct probe_report *report, struct buf *remark,
			  struct err *err)
{
	if (w->type->probe)
		return w->type->probe(w->state, remark, err);
	if (w->type == &writer_stdout)
		return 0;
	if (!probe_token(w, report))
		return err_set(err, "not tried without a token");
	return probe_store(w, object, err);
}

bool writer_instance_probe(const struct writer_options *options, struct str dirname,
			   struct str prefix, const struct writer_around *around,
			   const struct probe_report *report)
{
	struct sealed object = {
		.dirname = dirname,
		.content_type = STR("application/octet-stream"),
	};
	struct buf key = BUF_INIT(4096), clean = BUF_INIT(4096), remark = BUF_INIT(1024);
	struct writer_instance w;
	struct err err = ERR_INIT;
	int error;

	buf_put(&key, prefix);
	buf_puts(&key, "/skydive-exporter-check");
	object_key_clean(buf_str(&key), &clean);
	object.key = buf_str(&clean);
	error = writer_instance_open(&w, options, around, &err);
	if (!error)
		error = probe_instance(&w, &object, report, &remark, &err);
	writer_instance_close(&w);
	report->step(report->context, "store", !error,
		     error	  ? err.text
		     : remark.ptr ? remark.ptr
				  : "");
	buf_fini(&remark);
	buf_fini(&key);
	buf_fini(&clean);
	return !error;
}
