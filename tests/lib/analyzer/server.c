/* SPDX-License-Identifier: Apache-2.0 */
#include "server.h"

#include "analyzer.h"
#include "http.h"
#include "subscriber.h"

#include <arpa/inet.h>
#include <errno.h>
#include <json-c/json.h>
#include <libwebsockets.h>
#include <string.h>
#include <sys/socket.h>

#define TICK_US 20000

/* Skydive analyzer: other analyzers go elsewhere. */
static const struct endpoint *endpoint_of(const struct conn *conn,
					  const struct request *req)
{
	const struct options *options = &conn->an->options;

	if (!strcmp(request_header(req, "X-Host-ID"), options->host_id) &&
	    !strcmp(request_header(req, "X-Service-Type"), "analyzer"))
		return NULL;
	if (!strcmp(req->path, "/ws/subscriber/flow"))
		return &flow_endpoint;
	if (!strcmp(req->path, "/ws/subscriber") && conn->an->graph.given)
		return &graph_endpoint;
	return NULL;
}

static void route(struct conn *conn, struct request *req, const char *body, size_t len)
{
	static const char graph[] = "{\"Nodes\":[],\"Edges\":[]}\n";
	const struct endpoint *endpoint = endpoint_of(conn, req);

	if (!strcmp(req->path, "/api/topology") && !strcmp(req->method, "POST")) {
		rest_request(conn, req, body, len);
	} else if (!strcmp(req->path, "/login") && !strcmp(req->method, "POST")) {
		login_request(conn, body, len);
	} else if (!strcmp(req->path, "/api/topology") && !strcmp(req->method, "GET")) {
		answer_add(&conn->out, 200, "", graph, sizeof(graph) - 1);
	} else if (!strcmp(req->path, "/api/topology")) {
		answer_add(&conn->out, 405, "", "", 0);
	} else if (!strcmp(req->path, "/ws/subscriber/flow/")) {
		answer_add(&conn->out, 301, "Location: /ws/subscriber/flow\r\n", "", 0);
	} else if (!strcmp(req->path, "/ws/subscriber/") && conn->an->graph.given) {
		answer_add(&conn->out, 301, "Location: /ws/subscriber\r\n", "", 0);
	} else if (endpoint) {
		subscriber_handshake(conn, req, endpoint);
		*req = (struct request){ .head = NULL };
	} else {
		answer_add(&conn->out, 404, "", "404 page not found\n", 19);
	}
	if (!conn->sub && !conn->busy && req->close)
		conn->close_after = true;
	request_free(req);
	conn_wake(conn);
}

static void on_request(struct conn *conn, struct request *req, size_t head)
{
	struct bytes body = { .data = NULL };

	bytes_add(&body, conn->in.data + head, req->content_length);
	bytes_cut(&conn->in, head + req->content_length);
	route(conn, req, body.data, body.len);
	bytes_free(&body);
	conn->told_to_go_on = false;
}

/* Older libcurl holds back bodies of more than 1 kB until it is told to go on. */
static void expect_body(struct conn *conn, const struct request *req)
{
	if (conn->told_to_go_on || !request_header_has(req, "Expect", "100-continue"))
		return;
	conn->told_to_go_on = true;
	bytes_addf(&conn->out, "HTTP/1.1 100 Continue\r\n\r\n");
	conn_wake(conn);
}

static void on_input(struct conn *conn)
{
	struct request req;
	long head;

	while (!conn->dead && !conn->busy && !conn->sub && !conn->close_after) {
		head = request_read(&req, conn->in.data, conn->in.len);
		if (!head)
			return;
		if (head < 0) {
			answer_add(&conn->out, 400, "Connection: close\r\n", "", 0);
			conn->close_after = true;
			conn_wake(conn);
			return;
		}
		if (conn->in.len - (size_t)head < req.content_length) {
			expect_body(conn, &req);
			request_free(&req);
			return;
		}
		on_request(conn, &req, (size_t)head);
	}
	if (conn->sub && !conn->dead)
		subscriber_input(conn);
}

void conn_answered(struct conn *conn)
{
	conn->busy = false;
	conn_wake(conn);
	on_input(conn);
}

void conn_wake(struct conn *conn)
{
	if (!conn->dead)
		lws_callback_on_writable(conn->wsi);
}

/* How much of it the kernel takes; an error shows when it is read from. */
static size_t send_some(const struct conn *conn, const char *data, size_t len)
{
	ssize_t sent = send(lws_get_socket_fd(conn->wsi), data, len,
			    MSG_DONTWAIT | MSG_NOSIGNAL);

	if (sent < 0)
		return errno == EAGAIN ? 0 : len;
	return (size_t)sent;
}

/* False while there is still something aside. */
static bool send_aside(struct conn *conn)
{
	struct bytes *aside = &conn->aside;

	conn->aside_at += send_some(conn, aside->data + conn->aside_at,
				    aside->len - conn->aside_at);
	if (conn->aside_at < aside->len)
		return false;
	bytes_free(aside);
	conn->aside_at = 0;
	return true;
}

bool conn_write(struct conn *conn, const char *data, size_t len)
{
	size_t sent;

	if (!conn->an->options.tls_cert) {
		sent = send_some(conn, data, len);
		if (sent == len)
			return true;
		bytes_add(&conn->aside, data + sent, len - sent);
		conn_wake(conn);
		return false;
	}
	if (lws_write(conn->wsi, (unsigned char *)data, len, LWS_WRITE_RAW) < 0)
		return false;
	return !lws_partial_buffered(conn->wsi);
}

static void on_writable(struct conn *conn)
{
	bool all = !conn->aside.len || send_aside(conn);

	if (all && conn->out.len) {
		all = conn_write(conn, conn->out.data, conn->out.len);
		conn->out.len = 0;
	}
	if (!all)
		conn_wake(conn);
	else if (conn->close_after)
		conn_drop(conn, false, "close");
	else if (conn->sub)
		subscriber_output(conn);
}

/* The end of TCP is made here and not left to libwebsockets, which would first
 * flush what it has put aside. Dissolving the association is how Linux is told
 * to send a reset while the descriptor stays valid. */
void conn_drop(struct conn *conn, bool reset, const char *reason)
{
	struct sockaddr none = { .sa_family = AF_UNSPEC };
	int fd = lws_get_socket_fd(conn->wsi);

	if (conn->dead)
		return;
	conn->dead = true;
	if (reset)
		connect(fd, &none, sizeof(none));
	else
		shutdown(fd, SHUT_RDWR);
	lws_set_timeout(conn->wsi, PENDING_TIMEOUT_CLOSE_SEND, LWS_TO_KILL_ASYNC);
	if (conn->sub)
		subscriber_gone(conn, reason);
	rest_cancel(conn);
}

void conn_peer(const struct conn *conn, char *text, size_t size)
{
	struct sockaddr_storage addr = { 0 };
	socklen_t len = sizeof(addr);
	char ip[INET6_ADDRSTRLEN] = "@";
	const struct sockaddr_in *v4 = (const void *)&addr;
	const struct sockaddr_in6 *v6 = (const void *)&addr;

	getpeername(lws_get_socket_fd(conn->wsi), (struct sockaddr *)&addr, &len);
	if (addr.ss_family == AF_INET)
		inet_ntop(AF_INET, &v4->sin_addr, ip, sizeof(ip));
	else if (addr.ss_family == AF_INET6)
		inet_ntop(AF_INET6, &v6->sin6_addr, ip, sizeof(ip));
	snprintf(text, size, addr.ss_family == AF_INET6 ? "[%s]:%u" : "%s:%u", ip,
		 addr.ss_family == AF_INET || addr.ss_family == AF_INET6
			 ? ntohs(v4->sin_port)
			 : 0u);
}

static void on_accept(struct conn *conn, struct lws *wsi)
{
	struct analyzer *an = lws_context_user(lws_get_context(wsi));
	int size = an->options.sndbuf;

	*conn = (struct conn){ .wsi = wsi, .an = an, .next = an->conns };
	an->conns = conn;
	if (size)
		setsockopt(lws_get_socket_fd(wsi), SOL_SOCKET, SO_SNDBUF, &size,
			   sizeof(size));
}

static void on_gone(struct conn *conn)
{
	struct conn **link = &conn->an->conns;

	conn->dead = true;
	while (*link != conn)
		link = &(*link)->next;
	*link = conn->next;
	if (conn->sub)
		subscriber_gone(conn, "eof");
	rest_cancel(conn);
	bytes_free(&conn->in);
	bytes_free(&conn->out);
	bytes_free(&conn->aside);
}

static int on_connection(struct lws *wsi, enum lws_callback_reasons reason, void *user,
			 void *in, size_t len)
{
	struct conn *conn = user;

	switch (reason) {
	case LWS_CALLBACK_RAW_ADOPT:
		on_accept(conn, wsi);
		return 0;
	case LWS_CALLBACK_RAW_RX:
		if (conn->dead)
			return 0;
		bytes_add(&conn->in, in, len);
		on_input(conn);
		return 0;
	case LWS_CALLBACK_RAW_WRITEABLE:
		if (!conn->dead)
			on_writable(conn);
		return 0;
	case LWS_CALLBACK_RAW_CLOSE:
		if (conn->an)
			on_gone(conn);
		return 0;
	default:
		return 0;
	}
}

/* Commands, line by line; the line that is not complete waits in the buffer. */
static int on_stdin(struct lws *wsi, enum lws_callback_reasons reason, void *user,
		    void *in, size_t len)
{
	static struct bytes lines;
	struct analyzer *an = lws_context_user(lws_get_context(wsi));
	char chunk[4096], *lf;
	ssize_t got;

	(void)user, (void)in, (void)len;
	if (reason == LWS_CALLBACK_RAW_CLOSE_FILE) {
		bytes_free(&lines);
		an->quit = true;
	}
	if (reason != LWS_CALLBACK_RAW_RX_FILE)
		return 0;
	got = read(lws_get_socket_fd(wsi), chunk, sizeof(chunk));
	if (got <= 0)
		return -1;
	bytes_add(&lines, chunk, (size_t)got);
	while ((lf = memchr(lines.data, '\n', lines.len))) {
		*lf = '\0';
		control_line(an, lines.data);
		bytes_cut(&lines, (size_t)(lf - lines.data) + 1);
	}
	return 0;
}

static void on_tick(lws_sorted_usec_list_t *timer)
{
	struct analyzer *an = lws_container_of(timer, struct analyzer, tick);
	int64_t now = clock_us();
	struct conn *conn, *next;

	hub_tick(&an->hub, now);
	for (conn = an->conns; conn; conn = next) {
		next = conn->next;
		if (conn->sub)
			subscriber_retry(conn);
		if (conn->sub)
			subscriber_tick(conn, now);
	}
	if (hub_subscribers(&an->hub) || !an->player.ended)
		an->alone_since_us = now;
	if (an->options.exit_at_end && now - an->alone_since_us > 200000)
		an->quit = true;
	lws_sul_schedule(an->lws, 0, timer, on_tick, TICK_US);
}

/* A whole message goes to the kernel in one call; without the packet size
 * libwebsockets would cut it by 4 kB. */
static const struct lws_protocols protocols[] = {
	{ .name = "analyzer",
	  .callback = on_connection,
	  .per_session_data_size = sizeof(struct conn),
	  .rx_buffer_size = 65536,
	  .tx_packet_size = 1 << 30 },
	{ .name = "stdin", .callback = on_stdin },
	{ .name = NULL },
};

int server_start(struct analyzer *an)
{
	const struct options *options = &an->options;
	struct lws_context_creation_info info = {
		.port = options->port,
		.iface = options->address,
		.protocols = protocols,
		.user = an,
		.gid = -1,
		.uid = -1,
		.listen_accept_role = "raw-skt",
		.listen_accept_protocol = "analyzer",
		.options = LWS_SERVER_OPTION_ADOPT_APPLY_LISTEN_ACCEPT_CONFIG |
			   LWS_SERVER_OPTION_FAIL_UPON_UNABLE_TO_BIND,
		.fd_limit_per_thread = 4096,
		.vhost_name = "analyzer",
		.ssl_cert_filepath = options->tls_cert,
		.ssl_private_key_filepath = options->tls_key,
		.alpn = "http/1.1",
	};
	lws_sock_file_fd_type in = { .filefd = 0 };
	struct lws_vhost *vhost;

	/* With IPv6 on, an IPv4 address is taken for the name of an interface. */
	if (!strchr(options->address, ':'))
		info.options |= LWS_SERVER_OPTION_DISABLE_IPV6;
	if (options->unix_socket)
		info.options |= LWS_SERVER_OPTION_UNIX_SOCK;
	if (options->tls_cert)
		info.options |= LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT;
	lws_set_log_level(LLL_ERR, NULL);
	an->lws = lws_create_context(&info);
	vhost = an->lws ? lws_get_vhost_by_name(an->lws, "analyzer") : NULL;
	if (!vhost)
		return -1;
	if (options->use_stdin &&
	    !lws_adopt_descriptor_vhost(vhost, LWS_ADOPT_RAW_FILE_DESC, in, "stdin",
					NULL))
		return -1;
	lws_sul_schedule(an->lws, 0, &an->tick, on_tick, TICK_US);
	report_event("listening", "port",
		     json_object_new_int(lws_get_vhost_listen_port(vhost)));
	return 0;
}

void server_stop(struct analyzer *an)
{
	lws_sul_cancel(&an->tick);
	lws_context_destroy(an->lws);
}
