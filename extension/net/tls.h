/* SPDX-License-Identifier: Apache-2.0 */
/* tls.h - what TLS needs beyond the system's defaults: files in PEM.
 *
 * Certificates are always checked, names too. ALPN is never offered: an
 * analyzer would choose HTTP/2, which a websocket cannot be spoken over.
 */
#ifndef NET_TLS_H
#define NET_TLS_H

/* NULL or "": the system's roots; no certificate of our own. Borrowed. */
struct tls_files {
	const char *ca_cert; /* trusted, instead of the system's */
	const char *client_cert, *client_key;
};

#endif
