/* SPDX-License-Identifier: Apache-2.0 */
/* template_lex.h - splits a template into text and actions between {{ and }}.
 *
 * Comments are removed, and white space as trim markers say.
 */
#ifndef FORMAT_TEMPLATE_LEX_H
#define FORMAT_TEMPLATE_LEX_H

#include "base/err.h"
#include "base/str.h"

struct template_lexer {
	struct str rest;
	bool trims; /* the text that comes next */
};

struct template_piece {
	struct str text; /* of an action without blanks around it */
	bool is_action;
};

/* 1: a piece; 0: the end; -EINVAL: see err. Borrowed from the template. */
int template_lex(struct template_lexer *, struct template_piece *, struct err *);

#endif
