/* SPDX-License-Identifier: Apache-2.0 */
/* s3_words.h - the words of a store, or of a proxy before it, about a failure, as part
 * of a log line. Pure.
 *
 * "Error Responses" in the Amazon S3 API Reference. Documents are searched near their
 * start, not parsed: a proxy's page may be anything.
 */
#ifndef WRITER_S3_WORDS_H
#define WRITER_S3_WORDS_H

#include "base/buf.h"

/* The text between <name> and the next "<", as it was sent; empty if there is none. */
struct str s3_words_element(struct str body, const char *name);
/* The code of an error document; empty when there is no plausible one. */
struct str s3_words_code(struct str body);
/* The message: the document's, a page's title, or the start of a plain text. */
struct str s3_words_message(struct str body);
bool s3_words_is_error(struct str body); /* an error document */
bool s3_words_is_page(struct str body);	 /* HTML */

/* Appends at most so many bytes of it: whole characters, without control characters,
 * line feeds and double quotes, and with XML's entities decoded. */
void s3_words_put(struct buf *, struct str words, size_t most);

#endif
