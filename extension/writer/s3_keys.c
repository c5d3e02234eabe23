/* SPDX-License-Identifier: Apache-2.0 */
/* s3_keys.c - see s3_private.h. */
#include <string.h>
#include "writer/s3_private.h"

void s3_set_keys(struct s3 *s)
{
	s->signer.access_key = secret_value(&s->access_secret);
	s->signer.secret_key = secret_value(&s->signing_secret);
	explicit_bzero(s->signer.key, sizeof(s->signer.key));
	s->signer.key_day[0] = '\0';
}
