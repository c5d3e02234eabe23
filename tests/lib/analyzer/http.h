/* SPDX-License-Identifier: Apache-2.0 */
/* http.h - as much HTTP/1.1 as an analyzer's clients speak.
 *
 * Written out rather than left to libwebsockets, which keeps only the first of
 * several equal header lines and cannot leave a handshake unanswered.
 */
#ifndef ANALYZER_HTTP_H
#define ANALYZER_HTTP_H

#include "bytes.h"

#include <stdbool.h>

struct header {
	char *name;
	char *value; /* without white space around it */
};

struct request {
	char *head; /* owns all that follows */
	char *method;
	char *path;
	char *query; /* "" if there is none */
	struct header header[64];
	size_t header_count;
	size_t content_length;
	bool close; /* the client does not want another answer here */
};

/* Reads a request's head. Returns its length, 0 if it is not complete, -1 if
 * it is not HTTP. The request is to be freed after a positive answer. */
long request_read(struct request *, const char *data, size_t len);
void request_free(struct request *);

/* The value of the first such line, "" if there is none. */
const char *request_header(const struct request *, const char *name);
/* The next such line after *at (start with 0), or NULL. */
const char *request_next_header(const struct request *, const char *name, size_t *at);
/* Does a comma-separated header contain the word? */
bool request_header_has(const struct request *, const char *name, const char *word);
/* The next parameter of that name after *at (start with 0), decoded; NULL at
 * the end. The caller frees. */
char *request_next_param(const struct request *, const char *name, size_t *at);
/* Skydive analyzer: a parameter is the header, or if that is absent or empty
 * the query parameter of the same name in lower case. The caller frees. */
char *request_param(const struct request *, const char *name);

/* Skydive analyzer, backend "basic": the token is taken from the cookie
 * authtoken, else from Authorization, X-Auth-Token, or the query; the scheme
 * word before a space is not looked at. Expected is base64 of user:password. */
bool request_authorized(const struct request *, const char *expected);

/* Appends an answer. Extra is header lines with CR LF, or "". What is longer
 * than 2048 bytes is sent chunked, as Go's server does. */
void answer_add(struct bytes *out, int status, const char *extra, const char *body,
		size_t len);

#endif
