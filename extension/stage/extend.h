/* SPDX-License-Identifier: Apache-2.0 */
/* extend.h - additional members of a record that the operator defines: NAME=TEMPLATE.
 *
 * The rendered template is a question to the topology, and the first string of the
 * reply is the value; "" when there is none. If the template cannot be rendered,
 * because the record lacks what it names, the record does not get the member. A value
 * with a quote in it would break out of the question, so it is not asked, and counted.
 *
 * Since v0.28 analyzers call the attributes of a node @Host, @ID and @Origin. A
 * question that ends in .Values('Host') is asked as written; when the reply is null it
 * is asked again with the @. The form that gave a value is remembered.
 */
#ifndef STAGE_EXTEND_H
#define STAGE_EXTEND_H

#include "base/err.h"
#include "format/shape.h"
#include "pipeline/stage.h"

struct extends;

enum attribute_names { ATTRIBUTES_AUTO, ATTRIBUTES_LITERAL };

/* The texts are borrowed; shape is that of the records. NULL: see err, which names the
 * item of "extend". */
struct extends *extends_new(const struct strs *, const struct shape *,
			    enum attribute_names, struct err *);
void extends_free(struct extends *); /* NULL is fine */

/* Adds each template, with a 1 in the place of values. */
void extends_questions(const struct extends *, struct question_list *);

/* Fills the map, a member of the record, as far as possible. is_complete: the rest of
 * the record is complete; before, only questions that do not need the rest are asked.
 * The map is sorted by name and lives until the queries are reset. */
enum found extends_fill(struct extends *, struct queries *, const void *record,
			bool is_complete, struct map_of_str *);

#endif
