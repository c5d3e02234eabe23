/* SPDX-License-Identifier: Apache-2.0 */
/* template.h - text with values of a record in it: the subset of Go's text/template
 * that queries use.
 *
 *	G.V().Has('RoutingTables.Src','{{.Network.A}}').Values('Host')
 *
 * Supported are field chains ({{.Network.A}}, {{.Extend.NAME}}), plain strings and
 * whole numbers, {{if CHAIN}} {{else if CHAIN}} {{else}} {{end}}, comments and trim
 * markers. Everything else of Go's syntax is an error when the template is read. \{\{
 * and \}\}, which a printed guide of the Go exporter shows, are read as {{ and }}.
 *
 * Names are those of Go's record: case counts, and A_Name in JSON is AName. A name that
 * the record lacks, or one below a missing object, fails when the template is rendered,
 * as in Go; a key that a map lacks gives "<no value>".
 */
#ifndef FORMAT_TEMPLATE_H
#define FORMAT_TEMPLATE_H

#include "base/buf.h"
#include "base/err.h"
#include "format/shape.h"

struct template;

/* The text is copied, the shape borrowed. NULL: see err. */
struct template *template_new(struct str text, const struct shape *, struct err *);
void template_free(struct template *); /* NULL is fine */

/* Appends. 0; -ENOENT: a value is missing; -EILSEQ: a value contains one of the
 * forbidden bytes. */
int template_render(const struct template *, const void *record, const char *forbidden,
		    struct buf *out);

/* Appends it with the sample in the place of each value, and the first part of each
 * if. */
void template_sample(const struct template *, struct str sample, struct buf *out);

/* Whether a chain has a step of that name, spelt as in the shape. */
bool template_uses(const struct template *, const char *name);

#endif
