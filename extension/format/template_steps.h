/* SPDX-License-Identifier: Apache-2.0 */
/* template_steps.h - a parsed template: a list of steps, where an if jumps over the
 * parts that are not rendered. template.c reads them, template_render.c renders them.
 */
#ifndef FORMAT_TEMPLATE_STEPS_H
#define FORMAT_TEMPLATE_STEPS_H

#include "base/arena.h"
#include "format/template.h"

#define STEPS_MAX 128
#define CHAIN_MAX 8

enum step_kind { TEXT, VALUE, IF, JUMP };

struct step {
	enum step_kind kind;
	struct str text;		      /* TEXT, or the key of a map */
	const struct field *chain[CHAIN_MAX]; /* VALUE, IF */
	size_t length;
	bool is_unknown; /* no such field: rendering fails */
	size_t to;	 /* IF that is false, JUMP */
};

struct template
{
	struct arena arena;
	struct step *step;
	size_t count;
};

#endif
