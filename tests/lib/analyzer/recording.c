/* SPDX-License-Identifier: Apache-2.0 */
#include "recording.h"

#include "message.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#define GAP_MS 1000

/* Plain files pass through zlib's reader as they are. */
static int read_file(const char *path, struct bytes *out)
{
	gzFile file;
	int got;

	errno = 0;
	file = gzopen(path, "rb");
	if (!file)
		return errno ? -errno : -ENOMEM;
	do {
		bytes_reserve(out, 1 << 16);
		got = gzread(file, out->data + out->len, 1 << 16);
		if (got > 0)
			out->len += (size_t)got;
	} while (got > 0);
	gzclose(file);
	return got < 0 ? -EIO : 0;
}

static bool ends_with(const char *text, size_t len, const char *end)
{
	size_t n = strlen(end);

	return len >= n && !memcmp(text + len - n, end, n);
}

static void add_message(struct recording *rec, struct message *msg, int64_t at_ms)
{
	if (!strncmp(msg->ns, "flow/", 5)) {
		message_unref(msg);
		return;
	}
	if (!(rec->count & (rec->count - 1)))
		rec->messages = mem_realloc(rec->messages,
					    sizeof(*rec->messages) *
						    (rec->count ? 2 * rec->count : 1));
	msg->at_ms = at_ms;
	rec->messages[rec->count++] = msg;
	rec->flows += msg->flow_count;
}

/* The times of the messages of a file, relative to the first. */
struct clock {
	struct bytes text;
	char *at; /* NULL: there is no file of times */
	int64_t first;
	int64_t last;
	int64_t base; /* where the file begins in the stream */
};

static void clock_open(struct clock *clock, const char *path, size_t stem)
{
	char *name = mem_zalloc(stem + sizeof(".times"));

	memcpy(name, path, stem);
	memcpy(name + stem, ".times", sizeof(".times"));
	if (!read_file(name, &clock->text)) {
		bytes_add(&clock->text, "", 1);
		clock->at = clock->text.data;
		clock->first = strtoll(clock->at, NULL, 10);
	}
	clock->last = -GAP_MS;
	free(name);
}

static int64_t clock_next(struct clock *clock)
{
	char *end = clock->at;
	int64_t time = 0;

	if (clock->at)
		time = strtoll(clock->at, &end, 10) - clock->first;
	if (end == clock->at)
		time = clock->last + GAP_MS;
	clock->at = end;
	clock->last = time;
	return clock->base + time;
}

static void load_lines(struct recording *rec, const struct bytes *data,
		       struct clock *clock)
{
	const char *at = data->data, *end = data->data + data->len, *lf;

	for (; at && at < end; at = lf + 1) {
		lf = memchr(at, '\n', (size_t)(end - at));
		if (!lf)
			lf = end;
		if (lf > at)
			add_message(rec, message_from_json(at, (size_t)(lf - at)),
				    clock_next(clock));
	}
}

static int load_protobuf(struct recording *rec, const struct bytes *data,
			 struct clock *clock)
{
	size_t at = 0, len, shift;
	struct message *msg;

	while (at < data->len) {
		for (len = 0, shift = 0; at < data->len && shift < 64; shift += 7) {
			unsigned char byte = (unsigned char)data->data[at++];

			len |= (size_t)(byte & 0x7f) << shift;
			if (!(byte & 0x80))
				break;
		}
		if (len > data->len - at)
			return -EBADMSG;
		msg = message_from_protobuf(data->data + at, len);
		if (!msg)
			return -EBADMSG;
		add_message(rec, msg, clock_next(clock));
		at += len;
	}
	return 0;
}

int recording_load(struct recording *rec, const char *path)
{
	struct clock clock = { .base = rec->length_ms };
	struct bytes data = { .data = NULL };
	size_t stem = strlen(path);
	int rc;

	if (ends_with(path, stem, ".gz"))
		stem -= 3;
	rc = read_file(path, &data);
	if (!rc && ends_with(path, stem, ".jsonl")) {
		clock_open(&clock, path, stem - 6);
		load_lines(rec, &data, &clock);
	} else if (!rc && ends_with(path, stem, ".pb")) {
		clock_open(&clock, path, stem - 3);
		rc = load_protobuf(rec, &data, &clock);
	} else if (!rc && ends_with(path, stem, ".json")) {
		add_message(rec, message_from_json(data.data, data.len), clock.base);
	} else if (!rc) {
		rc = -EINVAL;
	}
	if (rc)
		fprintf(stderr, "analyzer: %s: %s\n", path, strerror(-rc));
	else
		rec->length_ms += clock.last + GAP_MS;
	bytes_free(&clock.text);
	bytes_free(&data);
	return rc;
}

/* Puts a new message of the same kind in the place of one, with another Obj. */
static void replace_obj(struct message **slot, struct bytes *obj)
{
	struct message *old = *slot;
	struct message *msg;

	msg = message_new((struct text){ old->ns, strlen(old->ns) },
			  (struct text){ old->type, strlen(old->type) },
			  (struct text){ old->uuid, strlen(old->uuid) }, obj->data,
			  obj->len);
	msg->status = old->status;
	msg->format = old->format;
	msg->at_ms = old->at_ms;
	message_unref(old);
	*slot = msg;
}

/* Appends an object with its CaptureID set. One that has none gets it at the
 * front: order means nothing to who reads JSON. */
static void add_with_capture(struct bytes *out, struct text object, unsigned number)
{
	struct scan scan = scan_begin(object);
	struct text key, value;
	const char *rest;

	while (scan_member(&scan, &key, &value)) {
		if (!text_is(key, "CaptureID"))
			continue;
		rest = value.at + value.len;
		bytes_add(out, object.at, (size_t)(value.at - object.at));
		bytes_addf(out, "\"capture-%04u\"", number);
		bytes_add(out, rest, (size_t)(object.at + object.len - rest));
		return;
	}
	bytes_addf(out, "{\"CaptureID\":\"capture-%04u\"%s", number,
		   object.len > 2 ? "," : "");
	bytes_add(out, object.at + 1, object.len - 1);
}

void recording_spread_captures(struct recording *rec, unsigned count)
{
	unsigned flow = 0, stats = 0, f;
	size_t i;

	for (i = 0; i < rec->count; i++) {
		struct message *msg = rec->messages[i];
		struct bytes obj = { .data = NULL };

		if (!strcmp(msg->type, "stats") && !msg->obj_is_protobuf) {
			add_with_capture(&obj, (struct text){ msg->obj, msg->obj_len },
					 stats++ % count);
		} else if (msg->flow_count) {
			for (f = 0; f < msg->flow_count; f++) {
				struct object_place text = msg->flows[f].text;

				bytes_add(&obj, f ? "," : "[", 1);
				add_with_capture(&obj,
						 (struct text){ msg->obj + text.at,
								text.len },
						 flow++ % count);
			}
			bytes_add(&obj, "]", 1);
		} else {
			continue;
		}
		replace_obj(&rec->messages[i], &obj);
	}
}

static void emit_cut(struct recording *rec, struct bytes *obj, int64_t at_ms)
{
	bytes_add(obj, "]", 1);
	add_message(rec,
		    message_new((struct text){ "flow", 4 }, (struct text){ "store", 5 },
				(struct text){ NULL, 0 }, obj->data, obj->len),
		    at_ms);
	*obj = (struct bytes){ .data = NULL };
}

void recording_cut(struct recording *rec, unsigned flows_per_message)
{
	struct recording old = *rec;
	struct bytes obj = { .data = NULL };
	unsigned have = 0, f;
	int64_t at_ms = 0;
	size_t i;

	*rec = (struct recording){ .length_ms = old.length_ms };
	for (i = 0; i < old.count; i++) {
		const struct message *msg = old.messages[i];

		at_ms = msg->at_ms;
		if (!msg->flow_count)
			add_message(rec, message_ref(old.messages[i]), at_ms);
		for (f = 0; f < msg->flow_count; f++) {
			struct object_place text = msg->flows[f].text;

			bytes_add(&obj, have ? "," : "[", 1);
			bytes_add(&obj, msg->obj + text.at, text.len);
			if (++have < flows_per_message)
				continue;
			emit_cut(rec, &obj, at_ms);
			have = 0;
		}
	}
	if (have)
		emit_cut(rec, &obj, at_ms);
	recording_free(&old);
}

void recording_free(struct recording *rec)
{
	size_t i;

	for (i = 0; i < rec->count; i++)
		message_unref(rec->messages[i]);
	free(rec->messages);
	*rec = (struct recording){ .messages = NULL };
}
