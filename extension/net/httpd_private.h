/* SPDX-License-Identifier: Apache-2.0 */
/* httpd_private.h - a server and its connections, for its two files. */
#ifndef NET_HTTPD_PRIVATE_H
#define NET_HTTPD_PRIVATE_H

#include <libwebsockets.h>
#include <pthread.h>
#include <stdatomic.h>
#include "net/httpd.h"
#include "net/httpd_host.h"
#include "net/httpd_page.h"
#include "net/socket_address.h"

#define HTTPD_HEADER_MAX                                                                 \
	16384 /* of a request: browsers send cookies of other ports, too */

struct httpd {
	struct httpd_options options;
	struct socket_address address;
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

/* httpd_answer.c: has the page made that was asked for, and sends its head. Other than 0:
 * the connection is to be closed. */
int httpd_answer(struct lws *, struct client *, struct str path);

#endif
