/* SPDX-License-Identifier: Apache-2.0 */
/* s3_private.h - the writer s3: its state, in s3.c, its puts, in s3_put.c, and its
 * listing, in s3_list.c. */
#ifndef WRITER_S3_PRIVATE_H
#define WRITER_S3_PRIVATE_H

#include <pthread.h>
#include "net/http.h"
#include "writer/iam.h"
#include "writer/s3_request.h"
#include "sys/secret.h"

struct s3_put;

struct s3 {
	/* Options. */
	struct str endpoint, region;
	struct str access_key, secret_key, session_token;
	struct str access_key_file, secret_key_file, api_key_file;
	struct str api_key, iam_endpoint;
	struct str ca_cert;

	/* Made by init. */
	bool is_ready;
	struct http *http;
	struct buf made_endpoint;
	struct endpoint server; /* borrows from one of the two */
	struct buf used_region, ca_path;
	struct tls_files tls;
	struct secret api_secret; /* used by iam alone */
	struct iam *iam;	  /* NULL: requests are signed */

	/* Taken before the locks of iam and http. */
	pthread_mutex_t lock; /* for what follows, and put->private */
	struct secret access_secret, signing_secret;
	struct sigv4_signer signer; /* borrows from the two */
	int64_t skew_ms;	    /* the store's clock less ours */
	struct s3_put *waiting;	    /* for a token, in order */
};

/* Sets the signer's keys to the present secrets. */
void s3_set_keys(struct s3 *);

/* As in struct writer. */
void s3_put(void *self, struct put *);
void s3_cancel(void *self, struct put *);
int s3_list(void *self, const struct listing *, struct err *);
/* iam has a token or an error; context is the struct s3. */
void s3_token_changed(void *context);

#endif
