/* SPDX-License-Identifier: Apache-2.0 */
/* site.c - which page is asked for. See pages.h. */
#include "page/pages.h"
#include "page/style.h"

static bool site_has(struct str path)
{
	return str_is(path, "/") || str_is(path, "/status.json") ||
	       str_starts(path, STR("/tenants/"));
}

/* A name may end with ".json" itself. */
static bool site_find(const struct snapshot *s, struct str path, struct selected *row,
		      bool *is_json)
{
	const struct str end = STR(".json");
	struct str name = str_skip(path, strlen("/tenants/"));

	*is_json = false;
	if (selection_find(s, name, row))
		return true;
	if (name.len <= end.len || !str_equal(str_skip(name, name.len - end.len), end))
		return false;
	*is_json = true;
	return selection_find(s, (struct str){ name.ptr, name.len - end.len }, row);
}

static int site_put_html(const struct status_view *view, const struct selected *row,
			 struct httpd_answer *answer)
{
	struct page_frame f = {
		.html = { .out = answer->body },
		.snapshot = view->snapshot,
		.is_private = view->request->is_private,
	};
	struct query query = query_read(view->request->query);

	answer->content_type = "text/html; charset=utf-8";
	if (page_policy(answer->policy, sizeof(answer->policy)) < 0)
		return 500;
	if (row)
		tenant_page_put(&f, row, view->exporter);
	else if (overview_put(&f, &query) < 0)
		return 503;
	return 200;
}

static int site_put(const struct status_view *view, struct httpd_answer *answer)
{
	struct str path = view->request->path;
	struct selected row;
	bool is_json;

	if (str_is(path, "/"))
		return site_put_html(view, NULL, answer);
	if (str_is(path, "/status.json")) {
		answer->content_type = "application/json";
		snapshot_put_json(view->snapshot, answer->body);
		return 200;
	}
	if (!site_find(view->snapshot, path, &row, &is_json)) {
		buf_puts(answer->body, "there is no tenant of this name; see /\n");
		return 404;
	}
	if (!is_json)
		return site_put_html(view, &row, answer);
	answer->content_type = "application/json";
	snapshot_put_tenant_json(row.tenant, answer->body);
	return 200;
}

const struct status_site page_site = { site_has, site_put,
				       "/ /status.json /tenants/NAME" };
