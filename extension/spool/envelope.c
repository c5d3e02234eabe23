/* SPDX-License-Identifier: Apache-2.0 */
/* envelope.c - see envelope.h. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include "base/crc32c.h"
#include "format/json_read.h"
#include "format/json_write.h"
#include "sys/digest.h"
#include "spool/envelope.h"
#include "spool/in_place.h"
#include "sys/io.h"

#define CHUNK 65536

struct envelope_text {
	int64_t format;
	struct str key, title, dirname, content_type, content_encoding;
	int64_t records, size, sealed_ms;
	struct str sha256, md5, crc32c; /* hex */
	struct map_of_str metadata;
};

#define ENVELOPE(member) FIELD(struct envelope_text, member, #member, 0)
#define SUM(member)	 FIELD(struct envelope_text, member, #member, FIELD_OMIT_EMPTY)

static const struct shape envelope_shape = {
	.name = "envelope",
	.size = sizeof(struct envelope_text),
	.fields =
		(const struct field[]){
			ENVELOPE(format),
			ENVELOPE(key),
			FIELD(struct envelope_text, title, "title", FIELD_OMIT_EMPTY),
			ENVELOPE(dirname),
			ENVELOPE(content_type),
			ENVELOPE(content_encoding),
			ENVELOPE(records),
			ENVELOPE(size),
			FIELD(struct envelope_text, sealed_ms, "sealed_ms",
			      FIELD_OMIT_EMPTY),
			SUM(sha256),
			SUM(md5),
			SUM(crc32c),
			ENVELOPE(metadata),
			{ 0 },
		},
};

static struct str put_hex(const unsigned char *bytes, size_t count, char *to)
{
	static const char digits[] = "0123456789abcdef";
	size_t i;

	for (i = 0; i < count; i++) {
		to[2 * i] = digits[bytes[i] >> 4];
		to[2 * i + 1] = digits[bytes[i] & 15];
	}
	return (struct str){ to, 2 * count };
}

static bool get_hex(struct str text, unsigned char *bytes, size_t count)
{
	size_t i;

	if (text.len != 2 * count)
		return false;
	for (i = 0; i < count; i++) {
		unsigned value;

		if (sscanf(text.ptr + 2 * i, "%2x", &value) != 1)
			return false;
		bytes[i] = (unsigned char)value;
	}
	return true;
}

struct sums {
	char sha256[64], md5[32], crc32c[8];
};

static void put_sums(const struct envelope *envelope, struct sums *sums,
		     struct envelope_text *text)
{
	uint32_t crc = envelope->crc32c;
	unsigned char bytes[] = { (unsigned char)(crc >> 24), (unsigned char)(crc >> 16),
				  (unsigned char)(crc >> 8), (unsigned char)crc };

	if (envelope->has_frames)
		return;
	if (envelope->has_crc32c) {
		text->crc32c = put_hex(bytes, sizeof(bytes), sums->crc32c);
		return;
	}
	text->sha256 = put_hex(envelope->sha256, 32, sums->sha256);
	text->md5 = put_hex(envelope->md5, 16, sums->md5);
}

static bool get_sums(const struct envelope_text *text, struct envelope *envelope)
{
	unsigned char crc[4] = { 0 };

	if (envelope->has_frames)
		return true;
	envelope->has_crc32c = get_hex(text->crc32c, crc, sizeof(crc));
	envelope->crc32c = (uint32_t)crc[0] << 24 | (uint32_t)crc[1] << 16 |
			   (uint32_t)crc[2] << 8 | crc[3];
	return envelope->has_crc32c || (get_hex(text->sha256, envelope->sha256, 32) &&
					get_hex(text->md5, envelope->md5, 16));
}

int envelope_write(const struct envelope *envelope, char *to)
{
	struct sums sums;
	struct envelope_text text = {
		.format = envelope->has_frames ? ENVELOPE_FRAMES : ENVELOPE_PLAIN,
		.key = envelope->key,
		.title = envelope->title,
		.dirname = envelope->dirname,
		.content_type = envelope->content_type,
		.content_encoding = envelope->content_encoding,
		.records = envelope->records,
		.size = envelope->size,
		.sealed_ms = envelope->sealed_ms,
		.metadata = envelope->metadata,
	};
	struct buf b = BUF_INIT(TEXT_HEAD_TEXT);
	int error;

	put_sums(envelope, &sums, &text);
	json_put_record(&b, &envelope_shape, &text, (struct json_style){ false, 0 });
	error = buf_error(&b);
	if (!error)
		text_head_write(buf_str(&b), to);
	buf_fini(&b);
	return error == -EFBIG ? -ENAMETOOLONG : error;
}

int envelope_read(const char *from, struct arena *arena, struct envelope *envelope,
		  struct err *err)
{
	struct str bytes = arena_str(arena, (struct str){ from, TEXT_HEAD_TEXT });
	struct envelope_text text = { 0 };
	struct json_reader r;

	if (!text_head_is_whole(from))
		return err_set(err, "its head is damaged");
	json_reader_init(&r, bytes, arena);
	if (!json_read_object(&r, &envelope_shape, &text))
		return err_set(err, "its head is not readable");
	if (text.format != ENVELOPE_PLAIN && text.format != ENVELOPE_FRAMES)
		return err_set(err, "it has format %lld; this version knows %d and %d",
			       (long long)text.format, ENVELOPE_PLAIN, ENVELOPE_FRAMES);
	*envelope = (struct envelope){
		.dirname = text.dirname,
		.key = text.key,
		.title = text.title,
		.content_type = text.content_type,
		.content_encoding = text.content_encoding,
		.metadata = text.metadata,
		.records = text.records,
		.size = text.size,
		.sealed_ms = text.sealed_ms,
		.has_frames = text.format == ENVELOPE_FRAMES,
	};
	if (!get_sums(&text, envelope))
		return err_set(err, "its head has no checksums");
	return 0;
}

/* Of the body, of the kind that the envelope has. */
struct body_sum {
	bool has_crc32c;
	struct digest sha256;
	uint32_t crc32c;
};

static void body_sum_add(struct body_sum *sum, struct str bytes)
{
	if (sum->has_crc32c)
		sum->crc32c = crc32c(sum->crc32c, bytes);
	else
		digest_add(&sum->sha256, bytes);
}

static int body_sum_compare(struct body_sum *sum, const struct envelope *envelope)
{
	unsigned char sha256[SHA256_SIZE];
	int error;

	if (sum->has_crc32c)
		return sum->crc32c == envelope->crc32c ? 0 : -ENODATA;
	error = digest_end(&sum->sha256, sha256);
	if (!error && memcmp(sha256, envelope->sha256, sizeof(sha256)) != 0)
		error = -ENODATA;
	return error;
}

int envelope_check_body(const struct envelope *envelope, int fd)
{
	char chunk[CHUNK];
	struct body_sum sum = { .has_crc32c = envelope->has_crc32c };
	int64_t at = 0;
	int error;

	if (envelope->has_frames)
		return in_place_check_body(fd, envelope->size, envelope->records);
	error = digest_init(&sum.sha256, DIGEST_SHA256);
	while (!error && at < envelope->size) {
		int64_t left = envelope->size - at;
		size_t size = left < CHUNK ? (size_t)left : CHUNK;

		error = io_read_at(fd, chunk, size, ENVELOPE_SIZE + at);
		if (!error)
			body_sum_add(&sum, (struct str){ chunk, size });
		at += (int64_t)size;
	}
	if (!error)
		error = body_sum_compare(&sum, envelope);
	digest_fini(&sum.sha256);
	return error;
}

void envelope_sealed(const struct envelope *envelope, struct sealed *sealed)
{
	*sealed = (struct sealed){
		.dirname = envelope->dirname,
		.key = envelope->key,
		.title = envelope->title,
		.content_type = envelope->content_type,
		.content_encoding = envelope->content_encoding,
		.metadata = envelope->metadata,
		.records = envelope->records,
		.size = envelope->size,
		.offset = ENVELOPE_SIZE,
		.has_frames = envelope->has_frames,
	};
	memcpy(sealed->sha256, envelope->sha256, sizeof(sealed->sha256));
	memcpy(sealed->md5, envelope->md5, sizeof(sealed->md5));
}
