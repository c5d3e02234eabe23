/* SPDX-License-Identifier: Apache-2.0 */
/* httpd.c - see httpd.h.
 *
 * We listen and accept, libwebsockets does the rest: it would not bound
 * connections, make descriptors close-on-exec, or tell why it cannot listen.
 */
#include <errno.h>
#include <libwebsockets.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>
#include "net/address.h"
#include "net/httpd.h"
#include "net/httpd_host.h"
#include "net/httpd_page.h"
#include "sys/clock.h"
#include "sys/thread.h"

#define CLIENTS_MAX	32
#define DESCRIPTORS_MAX (CLIENTS_MAX + 16) /* with those of libwebsockets */
#define HEADER_MAX	16384 /* of a request: browsers send cookies of other ports, too */
#define QUERY_MAX	32    /* items of a query */
#define HEAD_MAX	2048  /* of an answer */
#define HTTPD_POLICY	"default-src 'none'; frame-ancestors 'none'"
#define CHUNK		(32 * 1024)
#define LIMIT_MS	10000
#define LIFE_TIMES	6 /* of the limit */
#define ACCEPT_PAUSE_MS 100

struct httpd {
	struct httpd_options options;
	struct address address;
	char name[HOST_NAME_SIZE]; /* the host it was told to listen at, or "" */
	struct lws_context *lws;
	struct lws_vhost *vhost;
	lws_sorted_usec_list_t tick;
	pthread_t thread;
	atomic_bool is_stopping;
	unsigned port;
	unsigned clients;
	struct pages pages;
};

struct client {
	struct httpd *httpd;
	bool wants_head;   /* only */
	struct page *page; /* in its body LWS_PRE bytes of room come first */
	size_t sent;
	int64_t until_ms; /* of its life, monotonic */
};

static void httpd_silent(int level, const char *line)
{
	(void)level;
	(void)line;
}

static void httpd_refuse(int fd)
{
	static const char text[] = "HTTP/1.1 503 Service Unavailable\r\n"
				   "Connection: close\r\nContent-Length: 21\r\n\r\n"
				   "too many connections\n";

	if (send(fd, text, sizeof(text) - 1, MSG_DONTWAIT | MSG_NOSIGNAL) > 0)
		shutdown(fd, SHUT_WR);
	close(fd);
}

static void httpd_serve(struct httpd *h, int fd)
{
	const lws_sock_file_fd_type socket = { .sockfd = fd };
	struct client *client = h->clients < CLIENTS_MAX ? calloc(1, sizeof(*client))
							 : NULL;
	struct lws *wsi;

	if (!client) {
		httpd_refuse(fd);
		return;
	}
	client->httpd = h;
	client->until_ms = clock_now().mono_ms + LIFE_TIMES * h->options.limit_ms;
	wsi = lws_adopt_descriptor_vhost(h->vhost, LWS_ADOPT_SOCKET | LWS_ADOPT_HTTP,
					 socket, NULL, NULL);
	if (!wsi) {
		free(client);
		return;
	}
	h->clients++;
	lws_set_opaque_user_data(wsi, client);
	lws_set_timer_usecs(wsi, h->options.limit_ms * LWS_US_PER_MS);
}

static void accept_one(struct httpd *h, int listener)
{
	int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (fd >= 0)
		httpd_serve(h, fd);
	else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS ||
		 errno == ENOMEM)
		poll(NULL, 0, ACCEPT_PAUSE_MS); /* it stays readable */
}

static void httpd_forget(struct client *client)
{
	if (!client)
		return;
	client->httpd->clients--;
	page_unref(&client->httpd->pages, client->page);
	free(client);
}

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

	if (address_path(&h->address))
		return true;
	return length > 0 && httpd_host_is_ours((struct str){ value, (size_t)length },
						str_of(h->name), &h->address);
}

/* Who asks for the same may be given the same. NULL: no memory. */
static struct page *httpd_find_page(struct lws *wsi, struct httpd *h, struct str path)
{
	struct buf query = BUF_INIT(HEADER_MAX), key = BUF_INIT(2 * HEADER_MAX);
	struct httpd_request request = {
		.path = path,
		.is_private = address_path(&h->address) != NULL,
		.is_everywhere = httpd_host_is_everywhere(&h->address),
		.is_addressed = httpd_is_addressed(wsi, h),
	};
	struct page *p = NULL;

	httpd_read_query(wsi, &query);
	request.query = buf_str(&query);
	if (request.is_addressed) {
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

static int httpd_answer(struct lws *wsi, struct client *client, struct str path)
{
	struct httpd *h = client->httpd;

	if (client->page)
		return -1; /* one request a connection */
	client->sent = LWS_PRE;
	client->wants_head = lws_hdr_total_length(wsi, WSI_TOKEN_HEAD_URI) > 0;
	client->page = lws_hdr_total_length(wsi, WSI_TOKEN_GET_URI) || client->wants_head
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

/* Whoever makes progress gets more time, but not for ever. */
static void httpd_grant(struct lws *wsi, const struct client *client)
{
	int64_t left_ms = client->until_ms - clock_now().mono_ms;

	if (left_ms > client->httpd->options.limit_ms)
		left_ms = client->httpd->options.limit_ms;
	lws_set_timer_usecs(wsi, left_ms > 0 ? left_ms * LWS_US_PER_MS : 1);
}

static int send_more(struct lws *wsi, struct client *client)
{
	const struct buf *body = &client->page->body;
	size_t left = body->len - client->sent;
	size_t n = left < CHUNK ? left : CHUNK;
	unsigned char *at = (unsigned char *)body->ptr + client->sent;

	/* We are asked again when all is with the kernel, and then close. */
	if (n == 0)
		return -1;
	if (lws_write(wsi, at, n, n == left ? LWS_WRITE_HTTP_FINAL : LWS_WRITE_HTTP) < 0)
		return -1;
	client->sent += n;
	httpd_grant(wsi, client);
	lws_callback_on_writable(wsi);
	return 0;
}

static int on_event(struct lws *wsi, enum lws_callback_reasons reason, void *user,
		    void *in, size_t len)
{
	struct client *client = wsi ? lws_get_opaque_user_data(wsi) : NULL;

	(void)user;
	switch (reason) {
	case LWS_CALLBACK_HTTP:
		return client ? httpd_answer(wsi, client, (struct str){ in, len }) : -1;
	case LWS_CALLBACK_HTTP_WRITEABLE:
		return client && client->page ? send_more(wsi, client) : 0;
	case LWS_CALLBACK_TIMER:
	case LWS_CALLBACK_FILTER_PROTOCOL_CONNECTION:
		return -1; /* too slow; a websocket */
	case LWS_CALLBACK_WSI_DESTROY:
		httpd_forget(client);
		return 0;
	default:
		return 0;
	}
}

static int on_listener(struct lws *wsi, enum lws_callback_reasons reason, void *user,
		       void *in, size_t len)
{
	(void)user;
	(void)in;
	(void)len;
	if (reason == LWS_CALLBACK_RAW_RX_FILE)
		accept_one(lws_context_user(lws_get_context(wsi)),
			   lws_get_socket_fd(wsi));
	return 0;
}

static const struct lws_protocols protocols[] = {
	{ .name = "http", .callback = on_event },
	{ .name = "listener", .callback = on_listener },
	{ .name = NULL },
};

static void httpd_on_tick(lws_sorted_usec_list_t *timer)
{
	struct httpd *h = lws_container_of(timer, struct httpd, tick);

	h->options.tick(h->options.context);
	lws_sul_schedule(h->lws, 0, timer, httpd_on_tick, LWS_US_PER_SEC);
}

static void *httpd_run(void *argument)
{
	struct httpd *h = argument;

	if (h->options.tick)
		httpd_on_tick(&h->tick);
	while (!atomic_load(&h->is_stopping) && lws_service(h->lws, 0) >= 0)
		;
	return NULL;
}

/* libwebsockets ignores SIGPIPE for the whole process; we put back what was. */
static struct lws_context *make_context(const struct lws_context_creation_info *info)
{
	struct lws_context *context;
	struct sigaction before;

	lws_set_log_level(0, httpd_silent);
	sigaction(SIGPIPE, NULL, &before);
	context = lws_create_context(info);
	sigaction(SIGPIPE, &before, NULL);
	return context;
}

static int make_server(struct httpd *h, int listener, struct err *err)
{
	const struct lws_context_creation_info info = {
		.port = CONTEXT_PORT_NO_LISTEN_SERVER,
		.protocols = protocols,
		.user = h,
		.gid = -1,
		.uid = -1,
		.vhost_name = "status",
		.server_string = "skydive-exporter",
		.fd_limit_per_thread = DESCRIPTORS_MAX,
		.max_http_header_data = HEADER_MAX,
		.max_http_header_pool = CLIENTS_MAX,
		.timeout_secs = 10,
		.timeout_secs_ah_idle = 10,
		.keepalive_timeout = 10,
		.options = LWS_SERVER_OPTION_EXPLICIT_VHOSTS,
	};
	const lws_sock_file_fd_type file = { .filefd = listener };

	h->lws = make_context(&info);
	h->vhost = h->lws ? lws_create_vhost(h->lws, &info) : NULL;
	if (!h->vhost) {
		close(listener);
	} else if (lws_adopt_descriptor_vhost(h->vhost, LWS_ADOPT_RAW_FILE_DESC, file,
					      "listener", NULL)) {
		return 0;
	}
	err_set(err, "out of memory");
	return -ENOMEM;
}

static unsigned port_of(int fd)
{
	struct sockaddr_storage at = { 0 };
	socklen_t size = sizeof(at);

	if (getsockname(fd, (struct sockaddr *)&at, &size) < 0)
		return 0;
	if (at.ss_family == AF_INET)
		return ntohs(((const struct sockaddr_in *)&at)->sin_port);
	return at.ss_family == AF_INET6
		       ? ntohs(((const struct sockaddr_in6 *)&at)->sin6_port)
		       : 0;
}

static void httpd_free(struct httpd *h)
{
	if (h->lws) {
		lws_sul_cancel(&h->tick);
		lws_context_destroy(h->lws);
		if (address_path(&h->address))
			unlink(address_path(&h->address));
	}
	free(h);
}

int httpd_start(const struct httpd_options *options, struct httpd **out, struct err *err)
{
	struct httpd *h = calloc(1, sizeof(*h));
	int listener, error;

	if (!h) {
		err_set(err, "out of memory");
		return -ENOMEM;
	}
	h->options = *options;
	if (!h->options.limit_ms)
		h->options.limit_ms = LIMIT_MS;
	httpd_host_name(options->listen, h->name);
	error = listener = listen_address_parse(options->listen, &h->address, err);
	if (!error)
		error = listener = address_listen(&h->address, err);
	if (listener >= 0) {
		h->port = port_of(listener);
		error = make_server(h, listener, err);
	}
	if (!error) {
		error = thread_start(&h->thread, "status", httpd_run, h);
		if (error)
			err_set(err, "cannot start a thread: %s", strerror(-error));
	}
	if (error) {
		err_prefix(err, "%s", options->listen);
		httpd_free(h);
		return error;
	}
	h->options.listen = NULL;
	*out = h;
	return 0;
}

unsigned httpd_port(const struct httpd *h)
{
	return h->port;
}

void httpd_stop(struct httpd *h)
{
	if (!h)
		return;
	atomic_store(&h->is_stopping, true);
	lws_cancel_service(h->lws);
	pthread_join(h->thread, NULL);
	httpd_free(h);
}
