/* SPDX-License-Identifier: Apache-2.0 */
/* extend.h - members of a record that the operator asks for: NAME=TEMPLATE.
 *
 * The rendered template is a question to the topology, and the first string of
 * the reply is the value; "" when there is none. A template that cannot be
 * rendered for a record, because the record lacks what it names, gives it no
 * such member. A value with a quote in it would break out of the question, so
 * that is not asked, and counted.
 *
 * Since v0.28 analyzers call the attributes of a node @Host, @ID and @Origin. A
 * question that ends in .Values('Host') is asked as it is written; when the
 * reply is null it is asked again with the @. The form that gave a value is
 * remembered.
 */
#ifndef STAGE_EXTEND_H
#define STAGE_EXTEND_H

#include "base/err.h"
#include "format/shape.h"
#include "pipeline/query.h"

struct extends;

enum attribute_names { ATTRIBUTES_AUTO, ATTRIBUTES_LITERAL };

/* The texts are borrowed, the shape is of the records. NULL: see err, which
 * names the item of "extend". */
struct extends *extends_new(const struct strs *, const struct shape *,
			    enum attribute_names, struct err *);
void extends_free(struct extends *); /* NULL is fine */

/* Fills the map, a member of the record, as far as it can. is_complete: the
 * rest of the record is; before, only what does not need the rest is asked.
 * The map is sorted by name; it lives until the queries are reset. */
enum found extends_fill(struct extends *, struct queries *, const void *record,
			bool is_complete, struct map_of_str *);

#endif
