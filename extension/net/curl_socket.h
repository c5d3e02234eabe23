/* SPDX-License-Identifier: Apache-2.0 */
/* curl_socket.h - makes libcurl's sockets close-on-exec.
 *
 * The extension may run in a host process that starts programs: one that inherited a
 * subscription would keep it open, unread, after we have closed it.
 */
#ifndef NET_CURL_SOCKET_H
#define NET_CURL_SOCKET_H

#include <curl/curl.h>

void curl_socket_set(CURL *);

#endif
