/* SPDX-License-Identifier: Apache-2.0 */
/* httpd_answer.c - a request, the page that is made for it, and the head of the answer.
 * See httpd.h. */
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>
#include "net/httpd_private.h"
#include "sys/clock.h"

#define QUERY_MAX    32	  /* items of a query */
#define HEAD_MAX     2048 /* of an answer */
#define HTTPD_POLICY "default-src 'none'; frame-ancestors 'none'"

struct head {
	unsigned char bytes[LWS_PRE + HEAD_MAX], *at;
	bool is_full;
};

/* The name with its colon. */
static void httpd_put_header(struct lws *wsi, struct head *head, const char *name,
			     const char *value)
{
	head->is_full |= lws_add_http_header_by_name(wsi, (const unsigned char *)name,
						     (const unsigned char *)value,
						     (int)strlen(value), &head->at,
						     head->bytes + sizeof(head->bytes) -
							     1) != 0;
}

static int httpd_put_head(struct lws *wsi, const struct page *p)
{
	struct head head = { .at = head.bytes + LWS_PRE };
	unsigned char *end = head.bytes + sizeof(head.bytes) - 1;

	if (lws_add_http_header_status(wsi, (unsigned)p->status, &head.at, end) ||
	    lws_add_http_header_content_length(wsi, p->body.len - LWS_PRE, &head.at, end))
		return -1;
	httpd_put_header(wsi, &head, "content-type:", p->content_type);
	if (p->status == 405)
		httpd_put_header(wsi, &head, "allow:", "GET, HEAD");
	httpd_put_header(wsi, &head, "content-security-policy:", p->policy);
	httpd_put_header(wsi, &head, "x-content-type-options:", "nosniff");
	httpd_put_header(wsi, &head, "referrer-policy:", "no-referrer");
	httpd_put_header(wsi, &head, "cache-control:", "no-store");
	httpd_put_header(wsi, &head, "connection:", "close");
	return head.is_full ? -1
			    : lws_finalize_write_http_header(wsi, head.bytes + LWS_PRE,
							     &head.at, end);
}

/* request is NULL: it was something else than GET and HEAD. */
static int httpd_fill(struct httpd *h, const struct httpd_request *request,
		      struct page *p)
{
	struct httpd_answer answer = { &p->body, p->content_type, HTTPD_POLICY };
	int status;

	if (!request) {
		buf_puts(&p->body, "only GET and HEAD are understood\n");
		return 405;
	}
	if (!pages_have_room(&h->pages)) {
		buf_puts(&p->body, "too many clients do not read what they are sent\n");
		return 503;
	}
	status = h->options.page(h->options.context, request, &answer);
	p->content_type = answer.content_type;
	memcpy(p->policy, answer.policy, sizeof(p->policy));
	return status;
}

/* A new page. NULL: no memory. */
static struct page *httpd_make(struct httpd *h, const struct httpd_request *request,
			       struct str key)
{
	struct page *p = page_new(&h->pages, key, clock_now().mono_ms);

	if (!p)
		return NULL;
	p->content_type = "text/plain; charset=utf-8";
	snprintf(p->policy, sizeof(p->policy), "%s", HTTPD_POLICY);
	if (buf_room(&p->body, LWS_PRE))
		buf_added(&p->body, LWS_PRE);
	p->status = httpd_fill(h, request, p);
	page_made(&h->pages, p);
	return p;
}

static void httpd_read_query(struct lws *wsi, struct buf *query)
{
	char *room;
	int length, n;

	for (n = 0; n < QUERY_MAX; n++) {
		length = lws_hdr_fragment_length(wsi, WSI_TOKEN_HTTP_URI_ARGS, n);
		room = length > 0 ? buf_room(query, (size_t)length + 1) : NULL;
		if (room && lws_hdr_copy_fragment(wsi, room, length + 1,
						  WSI_TOKEN_HTTP_URI_ARGS, n) == length)
			buf_added(query, (size_t)length + 1);
	}
}

/* Without a Host it is not: libwebsockets ends the request line at a "%0a" in it, and so
 * may not have seen the header. */
static bool httpd_is_addressed(struct lws *wsi, const struct httpd *h)
{
	char value[HOST_NAME_SIZE + 16];
	int length = lws_hdr_copy(wsi, value, sizeof(value), WSI_TOKEN_HOST);

	if (socket_address_path(&h->address))
		return true;
	return length > 0 && httpd_host_is_ours((struct str){ value, (size_t)length },
						str_of(h->name), &h->address);
}

/* unix(7), SO_PEERCRED. */
static bool httpd_is_by_owner(struct lws *wsi, const struct httpd *h)
{
	struct ucred peer;
	socklen_t size = sizeof(peer);

	return socket_address_path(&h->address) &&
	       lws_hdr_total_length(wsi, WSI_TOKEN_ORIGIN) <= 0 &&
	       getsockopt(lws_get_socket_fd(wsi), SOL_SOCKET, SO_PEERCRED, &peer,
			  &size) == 0 &&
	       (peer.uid == 0 || peer.uid == geteuid());
}

/* Who asks for the same may be given the same; an order is one each time. NULL: no
 * memory. */
static struct page *httpd_find_page(struct lws *wsi, struct httpd *h, struct str path)
{
	struct buf query = BUF_INIT(HTTPD_HEADER_MAX),
		   key = BUF_INIT(2 * HTTPD_HEADER_MAX);
	struct httpd_request request = {
		.path = path,
		.is_private = socket_address_path(&h->address) != NULL,
		.is_everywhere = httpd_host_is_everywhere(&h->address),
		.is_addressed = httpd_is_addressed(wsi, h),
		.is_post = lws_hdr_total_length(wsi, WSI_TOKEN_POST_URI) > 0,
		.is_by_owner = httpd_is_by_owner(wsi, h),
	};
	struct page *p = NULL;

	httpd_read_query(wsi, &query);
	request.query = buf_str(&query);
	if (request.is_addressed && !request.is_post) {
		buf_put(&key, path);
		buf_putc(&key, '?');
		buf_put(&key, request.query);
		p = pages_find(&h->pages, buf_str(&key), clock_now().mono_ms);
	}
	if (!p)
		p = httpd_make(h, &request, buf_str(&key));
	buf_fini(&query);
	buf_fini(&key);
	return p;
}

int httpd_answer(struct lws *wsi, struct client *client, struct str path)
{
	struct httpd *h = client->httpd;
	bool is_post;

	if (client->page)
		return -1; /* one request a connection */
	client->sent = LWS_PRE;
	client->wants_head = lws_hdr_total_length(wsi, WSI_TOKEN_HEAD_URI) > 0;
	is_post = h->options.takes_orders &&
		  lws_hdr_total_length(wsi, WSI_TOKEN_POST_URI) > 0;
	client->page = lws_hdr_total_length(wsi, WSI_TOKEN_GET_URI) || is_post ||
				       client->wants_head
			       ? httpd_find_page(wsi, h, path)
			       : httpd_make(h, NULL, STR(""));
	if (!client->page || buf_error(&client->page->body) ||
	    httpd_put_head(wsi, client->page))
		return -1;
	/* The head of a page is as long as the page: nothing of that is sent. */
	if (client->wants_head)
		client->sent = client->page->body.len;
	lws_callback_on_writable(wsi);
	return 0;
}
