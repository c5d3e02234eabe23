/* SPDX-License-Identifier: Apache-2.0 */
/* tiny_server.c - see tiny_server.h. */
#include <arpa/inet.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>
#include "tests/lib/tiny_server.h"

#define CONNECTIONS_MAX 64

struct connection {
	struct tiny_server *server;
	pthread_t thread;
	int fd;
	SSL *ssl; /* NULL: plain */
	unsigned number;
};

struct tiny_server {
	tiny_answer *answer;
	void *context;
	bool is_tls;
	pthread_mutex_t lock; /* for tls */
	struct tiny_tls tls;
	int fd;
	unsigned port;
	pthread_t thread;
	struct connection connection[CONNECTIONS_MAX];
	unsigned count; /* the accepting thread's */
};

static ssize_t take(struct connection *c, void *to, size_t size)
{
	return c->ssl ? SSL_read(c->ssl, to, (int)size) : recv(c->fd, to, size, 0);
}

static ssize_t give(struct connection *c, const void *from, size_t size)
{
	return c->ssl ? SSL_write(c->ssl, from, (int)size)
		      : send(c->fd, from, size, MSG_NOSIGNAL);
}

/* Reads until the text ends the head; false: the other side is gone. */
static bool read_head(struct connection *c, struct tiny_request *r)
{
	size_t n = 0;

	while (n < sizeof(r->head) - 1 && take(c, r->head + n, 1) == 1) {
		r->head[++n] = '\0';
		if (n >= 4 && memcmp(r->head + n - 4, "\r\n\r\n", 4) == 0)
			return true;
	}
	return false;
}

static bool read_body(struct connection *c, struct tiny_request *r)
{
	const char *at = strcasestr(r->head, "\r\nContent-Length:");
	size_t size = at ? strtoul(at + 17, NULL, 10) : 0;
	ssize_t n;

	r->body_len = 0;
	while (r->body_len < size && r->body_len < sizeof(r->body) - 1) {
		n = take(c, r->body + r->body_len, size - r->body_len);
		if (n <= 0)
			return false;
		r->body_len += (size_t)n;
	}
	r->body[r->body_len] = '\0';
	return true;
}

/* false: they could not agree. */
static bool begin_tls(struct connection *c)
{
	SSL_CTX *context = SSL_CTX_new(TLS_server_method());
	struct tiny_tls tls;

	pthread_mutex_lock(&c->server->lock);
	tls = c->server->tls;
	pthread_mutex_unlock(&c->server->lock);
	SSL_CTX_use_certificate_chain_file(context, tls.cert);
	SSL_CTX_use_PrivateKey_file(context, tls.key, SSL_FILETYPE_PEM);
	if (tls.client_ca) {
		SSL_CTX_load_verify_locations(context, tls.client_ca, NULL);
		SSL_CTX_set_verify(context,
				   SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT,
				   NULL);
	}
	c->ssl = SSL_new(context);
	SSL_CTX_free(context);
	SSL_set_fd(c->ssl, c->fd);
	return SSL_accept(c->ssl) == 1;
}

static void *serve(void *argument)
{
	struct connection *c = argument;
	struct tiny_request *r = calloc(1, sizeof(*r));
	bool ready = r && (!c->server->is_tls || begin_tls(c));
	struct tiny_reply reply;

	while (ready && read_head(c, r) && read_body(c, r)) {
		reply = (struct tiny_reply){ .text = NULL };
		r->connection = c->number;
		c->server->answer(c->server->context, r, &reply);
		if (!reply.text)
			break;
		if (!reply.len)
			reply.len = strlen(reply.text);
		if (give(c, reply.text, reply.len) < 0 || reply.close)
			break;
	}
	shutdown(c->fd, SHUT_RDWR);
	SSL_free(c->ssl);
	free(r);
	return NULL;
}

static void *accept_all(void *argument)
{
	struct tiny_server *s = argument;
	struct connection *c;
	int fd;

	while (s->count < CONNECTIONS_MAX && (fd = accept(s->fd, NULL, NULL)) >= 0) {
		c = &s->connection[s->count];
		*c = (struct connection){ .server = s, .fd = fd, .number = s->count + 1 };
		if (pthread_create(&c->thread, NULL, serve, c) == 0)
			s->count++;
		else
			close(fd);
	}
	return NULL;
}

struct tiny_server *tiny_server_new_tls(tiny_answer *answer, void *context,
					struct tiny_tls tls)
{
	struct tiny_server *s = calloc(1, sizeof(*s));
	struct sockaddr_in address = { .sin_family = AF_INET };
	socklen_t len = sizeof(address);

	if (!s)
		return NULL;
	s->answer = answer;
	s->context = context;
	s->is_tls = tls.cert != NULL;
	s->tls = tls;
	pthread_mutex_init(&s->lock, NULL);
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	s->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (s->fd >= 0 && bind(s->fd, (struct sockaddr *)&address, len) == 0 &&
	    listen(s->fd, CONNECTIONS_MAX) == 0 &&
	    getsockname(s->fd, (struct sockaddr *)&address, &len) == 0 &&
	    pthread_create(&s->thread, NULL, accept_all, s) == 0) {
		s->port = ntohs(address.sin_port);
		return s;
	}
	if (s->fd >= 0)
		close(s->fd);
	free(s);
	return NULL;
}

struct tiny_server *tiny_server_new(tiny_answer *answer, void *context)
{
	return tiny_server_new_tls(answer, context, (struct tiny_tls){ .cert = NULL });
}

void tiny_server_show(struct tiny_server *s, struct tiny_tls tls)
{
	pthread_mutex_lock(&s->lock);
	s->tls = tls;
	pthread_mutex_unlock(&s->lock);
}

unsigned tiny_server_port(const struct tiny_server *s)
{
	return s->port;
}

void tiny_server_free(struct tiny_server *s)
{
	unsigned i;

	if (!s)
		return;
	shutdown(s->fd, SHUT_RDWR);
	pthread_join(s->thread, NULL);
	for (i = 0; i < s->count; i++) {
		shutdown(s->connection[i].fd, SHUT_RDWR);
		pthread_join(s->connection[i].thread, NULL);
		close(s->connection[i].fd);
	}
	close(s->fd);
	pthread_mutex_destroy(&s->lock);
	free(s);
}
