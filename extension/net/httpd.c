/* SPDX-License-Identifier: Apache-2.0 */
/* httpd.c - see httpd.h.
 *
 * We listen and accept, libwebsockets does the rest: it would not bound
 * connections, make descriptors close-on-exec, or tell why it cannot listen.
 */
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>
#include "net/httpd_private.h"
#include "sys/clock.h"
#include "sys/thread.h"

#define CLIENTS_MAX	32
#define DESCRIPTORS_MAX (CLIENTS_MAX + 16) /* with those of libwebsockets */
#define CHUNK		(32 * 1024)
#define LIMIT_MS	10000
#define LIFE_TIMES	6 /* of the limit */
#define ACCEPT_PAUSE_MS 100

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
		.max_http_header_data = HTTPD_HEADER_MAX,
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
		if (socket_address_path(&h->address))
			unlink(socket_address_path(&h->address));
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
		error = listener = socket_address_listen(&h->address, err);
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
