/* SPDX-License-Identifier: Apache-2.0 */
/* curl_socket.c - see curl_socket.h. */
#include <sys/socket.h>
#include "net/curl_socket.h"

static curl_socket_t on_socket(void *context, curlsocktype purpose,
			       struct curl_sockaddr *a)
{
	(void)context;
	(void)purpose;
	return socket(a->family, a->socktype | SOCK_CLOEXEC, a->protocol);
}

void curl_socket_set(CURL *easy)
{
	curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, on_socket);
}
