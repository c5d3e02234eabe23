/* SPDX-License-Identifier: Apache-2.0 */
#include "http.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define CHUNKED_FROM 2049

static char *trim(char *text)
{
	char *end;

	while (*text == ' ' || *text == '\t')
		text++;
	end = text + strlen(text);
	while (end > text && (end[-1] == ' ' || end[-1] == '\t'))
		*--end = '\0';
	return text;
}

static bool read_request_line(struct request *req, char *line)
{
	char *rest = line, *version;

	req->method = strsep(&rest, " ");
	req->path = strsep(&rest, " ");
	version = rest;
	if (!req->path || !version || strncmp(version, "HTTP/1.", 7))
		return false;
	req->close = !strcmp(version, "HTTP/1.0");
	req->query = req->path;
	strsep(&req->query, "?");
	if (!req->query)
		req->query = req->path + strlen(req->path);
	return true;
}

static bool read_headers(struct request *req, char *lines)
{
	size_t max = sizeof(req->header) / sizeof(*req->header);
	char *line, *value;

	while ((line = strsep(&lines, "\n")) && *line && *line != '\r') {
		line[strcspn(line, "\r")] = '\0';
		value = strchr(line, ':');
		if (!value || req->header_count == max)
			return false;
		*value++ = '\0';
		req->header[req->header_count++] = (struct header){
			.name = line, .value = trim(value)
		};
	}
	return true;
}

long request_read(struct request *req, const char *data, size_t len)
{
	const char *end = data ? memmem(data, len, "\r\n\r\n", 4) : NULL;
	char *lines;
	size_t size;

	if (!end)
		return len > 65536 ? -1 : 0;
	size = (size_t)(end - data) + 4;
	*req = (struct request){ .head = mem_strndup(data, size) };
	lines = req->head;
	strsep(&lines, "\r");
	if (!read_request_line(req, req->head) || !read_headers(req, lines + 1)) {
		request_free(req);
		return -1;
	}
	req->content_length = strtoul(request_header(req, "Content-Length"), NULL, 10);
	if (request_header_has(req, "Connection", "close"))
		req->close = true;
	return (long)size;
}

void request_free(struct request *req)
{
	free(req->head);
	*req = (struct request){ .head = NULL };
}

const char *request_next_header(const struct request *req, const char *name, size_t *at)
{
	while (*at < req->header_count) {
		const struct header *header = &req->header[(*at)++];

		if (!strcasecmp(header->name, name))
			return header->value;
	}
	return NULL;
}

const char *request_header(const struct request *req, const char *name)
{
	size_t at = 0;
	const char *value = request_next_header(req, name, &at);

	return value ? value : "";
}

bool request_header_has(const struct request *req, const char *name, const char *word)
{
	const char *value = request_header(req, name);
	size_t len;

	for (; *value; value += len) {
		value += strspn(value, ", \t");
		len = strcspn(value, ", \t");
		if (len && len == strlen(word) && !strncasecmp(value, word, len))
			return true;
	}
	return false;
}

static char *decode_param(const char *text, size_t len)
{
	char *out = mem_strndup(text, len), *to = out, hex[3] = { 0 };
	size_t i;

	for (i = 0; i < len; i++) {
		if (text[i] == '%' && i + 2 < len) {
			memcpy(hex, text + i + 1, 2);
			*to++ = (char)strtoul(hex, NULL, 16);
			i += 2;
		} else {
			*to++ = text[i] == '+' ? ' ' : text[i];
		}
	}
	*to = '\0';
	return out;
}

char *request_next_param(const struct request *req, const char *name, size_t *at)
{
	size_t name_len = strlen(name);

	while (req->query[*at]) {
		const char *item = req->query + *at;
		size_t len = strcspn(item, "&");

		*at += len + (item[len] == '&');
		if (len > name_len && item[name_len] == '=' &&
		    !strncmp(item, name, name_len))
			return decode_param(item + name_len + 1, len - name_len - 1);
	}
	return NULL;
}

char *request_param(const struct request *req, const char *name)
{
	const char *value = request_header(req, name);
	char lower[64], *param;
	size_t i, at = 0;

	if (*value)
		return mem_strndup(value, strlen(value));
	snprintf(lower, sizeof(lower), "%s", name);
	for (i = 0; lower[i]; i++)
		lower[i] = (char)tolower((unsigned char)lower[i]);
	param = request_next_param(req, lower, &at);
	return param ? param : mem_strndup("", 0);
}

static bool token_is(const char *token, size_t len, const char *expected)
{
	const char *space = memchr(token, ' ', len);

	if (space) {
		len -= (size_t)(space + 1 - token);
		token = space + 1;
	}
	return len == strlen(expected) && !memcmp(token, expected, len);
}

bool request_authorized(const struct request *req, const char *expected)
{
	const char *cookie = strstr(request_header(req, "Cookie"), "authtoken=");
	const char *token;
	char *param;
	bool ok;

	if (!expected)
		return true;
	if (cookie) {
		cookie += strlen("authtoken=");
		cookie += *cookie == '"';
		return token_is(cookie, strcspn(cookie, ";\""), expected);
	}
	token = request_header(req, "Authorization");
	if (*token)
		return token_is(token, strlen(token), expected);
	param = request_param(req, "X-Auth-Token");
	ok = token_is(param, strlen(param), expected);
	free(param);
	return ok;
}

static const char *reason_of(int status)
{
	switch (status) {
	case 200:
		return "OK";
	case 204:
		return "No Content";
	case 301:
		return "Moved Permanently";
	case 400:
		return "Bad Request";
	case 401:
		return "Unauthorized";
	case 403:
		return "Forbidden";
	case 404:
		return "Not Found";
	case 405:
		return "Method Not Allowed";
	case 406:
		return "Not Acceptable";
	case 409:
		return "Conflict";
	case 426:
		return "Upgrade Required";
	case 500:
		return "Internal Server Error";
	case 503:
		return "Service Unavailable";
	default:
		return "Status";
	}
}

void answer_add(struct bytes *out, int status, const char *extra, const char *body,
		size_t len)
{
	bytes_addf(out, "HTTP/1.1 %d %s\r\n%s", status, reason_of(status), extra);
	if (len >= CHUNKED_FROM) {
		bytes_addf(out, "Transfer-Encoding: chunked\r\n\r\n%zx\r\n", len);
		bytes_add(out, body, len);
		bytes_addf(out, "\r\n0\r\n\r\n");
		return;
	}
	if (status != 204)
		bytes_addf(out, "Content-Length: %zu\r\n", len);
	bytes_addf(out, "\r\n");
	if (status != 204)
		bytes_add(out, body, len);
}
