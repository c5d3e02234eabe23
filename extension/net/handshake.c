/* SPDX-License-Identifier: Apache-2.0 */
/* handshake.c - the opening handshake of RFC 6455, section 4. */
#include <errno.h>
#include "base/base64.h"
#include "net/websocket.h"
#include "sys/digest.h"

#define HEAD_MAX (16 * 1024)
#define GUID	 "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

void websocket_put_request(struct buf *b, struct str host, struct str target,
			   struct str key, struct str headers)
{
	buf_puts(b, "GET ");
	buf_put(b, target);
	buf_puts(b, " HTTP/1.1\r\nHost: ");
	buf_put(b, host);
	buf_puts(b, "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
		    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ");
	buf_put(b, key);
	buf_puts(b, "\r\n");
	buf_put(b, headers);
	buf_puts(b, "\r\n");
}

static struct str handshake_trim(struct str s)
{
	while (s.len && (*s.ptr == ' ' || *s.ptr == '\t'))
		s = str_skip(s, 1);
	while (s.len && (s.ptr[s.len - 1] == ' ' || s.ptr[s.len - 1] == '\t' ||
			 s.ptr[s.len - 1] == '\r'))
		s.len--;
	return s;
}

/* Whether a comma-separated list has the token, in any case. */
static bool has_token(struct str list, struct str token)
{
	while (list.len) {
		struct str item = str_until(list, ',');

		if (str_equal_nocase(handshake_trim(item), token))
			return true;
		list = str_skip(list, item.len + 1);
	}
	return false;
}

static bool is_accepted(struct str accept, struct str key)
{
	struct buf expected = BUF_INIT(256);
	unsigned char sha1[SHA1_SIZE];
	bool ok;

	buf_put(&expected, key);
	buf_puts(&expected, GUID);
	ok = digest_sha1(buf_str(&expected), sha1) == 0;
	buf_reset(&expected);
	base64_put(&expected, (struct str){ (const char *)sha1, sizeof(sha1) });
	ok = ok && !buf_error(&expected) && str_equal(accept, buf_str(&expected));
	buf_fini(&expected);
	return ok;
}

/* Where the empty line ends, or 0. */
static size_t find_end(struct str bytes)
{
	const char *at = bytes.len ? memmem(bytes.ptr, bytes.len, "\r\n\r\n", 4) : NULL;

	return at ? (size_t)(at - bytes.ptr) + 4 : 0;
}

static int read_status(struct str line)
{
	int status = 0;
	size_t i;

	if (!str_starts(line, STR("HTTP/1.")) || line.len < 13 || line.ptr[8] != ' ' ||
	    (line.ptr[12] != ' ' && line.ptr[12] != '\r'))
		return -EPROTO;
	for (i = 9; i < 12; i++) {
		if (line.ptr[i] < '0' || line.ptr[i] > '9')
			return -EPROTO;
		status = status * 10 + line.ptr[i] - '0';
	}
	return status;
}

struct wanted {
	bool upgrade, connection, accept, host_id, service_type;
};

static void read_header(struct str line, struct str key, struct wanted *seen)
{
	struct str name = str_until(line, ':');
	struct str value = handshake_trim(str_skip(line, name.len + 1));

	if (str_equal_nocase(name, STR("Upgrade")))
		seen->upgrade |= has_token(value, STR("websocket"));
	else if (str_equal_nocase(name, STR("Connection")))
		seen->connection |= has_token(value, STR("upgrade"));
	else if (str_equal_nocase(name, STR("Sec-WebSocket-Accept")))
		seen->accept |= is_accepted(value, key);
	else if (str_equal_nocase(name, STR("X-Host-ID")))
		seen->host_id |= value.len > 0;
	else if (str_equal_nocase(name, STR("X-Service-Type")))
		seen->service_type |= value.len > 0;
}

/* One head, at the beginning of bytes. */
static int handshake_read_head(struct str bytes, struct str key,
			       struct websocket_reply *reply)
{
	struct wanted seen = { 0 };
	struct str rest, line;

	*reply = (struct websocket_reply){ .size = find_end(bytes) };
	if (!reply->size)
		return bytes.len > HEAD_MAX || (bytes.len >= 5 &&
						!str_starts(bytes, STR("HTTP/")))
			       ? -EPROTO
			       : -EAGAIN;
	if (reply->size > HEAD_MAX)
		return -EPROTO;
	rest = (struct str){ bytes.ptr, reply->size - 2 };
	line = str_until(rest, '\n');
	reply->status = read_status(line);
	if (reply->status < 0)
		return -EPROTO;
	for (rest = str_skip(rest, line.len + 1); rest.len;
	     rest = str_skip(rest, line.len + 1)) {
		line = str_until(rest, '\n');
		read_header(line, key, &seen);
	}
	reply->is_websocket = reply->status == 101 && seen.upgrade && seen.connection &&
			      seen.accept;
	reply->is_analyzer = seen.host_id && seen.service_type;
	return 0;
}

static bool is_interim(int status)
{
	return status >= 100 && status < 200 && status != 101;
}

int websocket_read_reply(struct str bytes, struct str key, struct websocket_reply *reply)
{
	size_t passed = 0;
	int error;

	for (;;) {
		error = handshake_read_head(str_skip(bytes, passed), key, reply);
		if (error || passed + reply->size > HEAD_MAX)
			return error ? error : -EPROTO;
		reply->size += passed;
		if (!is_interim(reply->status))
			return 0;
		passed = reply->size;
	}
}
