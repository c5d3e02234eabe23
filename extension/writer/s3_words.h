/* SPDX-License-Identifier: Apache-2.0 */
/* s3_words.h - what a store, or whatever stands before it, says of a failure, made fit
 * for one line of a log. Pure.
 *
 * "Error Responses" in the Amazon S3 API Reference. Documents are searched near
 * their start and not parsed: a page of a proxy may say anything.
 */
#ifndef WRITER_S3_WORDS_H
#define WRITER_S3_WORDS_H

#include "base/buf.h"

/* What stands between <name> and the next "<", as it was sent; empty when there is
 * no such thing. */
struct str s3_words_element(struct str body, const char *name);
/* The code of an error document; empty when there is none that looks like one. */
struct str s3_words_code(struct str body);
/* The message: the document's, a page's title, or how a plain text begins. */
struct str s3_words_message(struct str body);
bool s3_words_is_error(struct str body); /* an error document */
bool s3_words_is_page(struct str body);	 /* for people: HTML */

/* Appends it cut to so many bytes: whole characters, no control characters, no line
 * feeds, no double quotes, the entities of XML as what they stand for. */
void s3_words_put(struct buf *, struct str words, size_t most);

#endif
