/* SPDX-License-Identifier: Apache-2.0 */
/* tls.h - TLS options beyond the system's defaults: files in PEM.
 *
 * Certificates and host names are always verified. ALPN is never offered: an analyzer
 * would choose HTTP/2, over which it speaks no websockets.
 */
#ifndef NET_TLS_H
#define NET_TLS_H

/* NULL or "": the system's roots; no certificate of our own. Borrowed. */
struct tls_files {
	const char *ca_cert; /* trusted, instead of the system's */
	const char *client_cert, *client_key;
};

#endif
