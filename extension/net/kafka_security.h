/* SPDX-License-Identifier: Apache-2.0 */
/* kafka_security.h - how one speaks to brokers and logs in, for all who name a cluster:
 * the keys security.*, whether they fit together, and what librdkafka calls them.
 *
 * Any thread. Strings are borrowed.
 */
#ifndef NET_KAFKA_SECURITY_H
#define NET_KAFKA_SECURITY_H

#include <stdint.h>
#include "base/err.h"
#include "format/shape.h"
#include "sys/secret.h"

enum kafka_mechanism { /* 0: none */
		       KAFKA_PLAIN = 1,
		       KAFKA_SCRAM_256,
		       KAFKA_SCRAM_512,
		       KAFKA_OAUTHBEARER,
};

struct kafka_security {
	bool has_tls;
	int mechanism;
	struct str ca_cert, client_cert, client_key;
	struct str username, password, password_file, token_file;
};

#define KAFKA_SECURITY_SETTINGS 8 /* as many are put at most */

extern const char *const kafka_mechanism_names[];

/* Its keys, of a struct that has it as a member; of is put before each help. */
#define KAFKA_SECURITY_OPTIONS(type, member, of)                                         \
	OPTION(type, member.has_tls, "security.tls", 0,                                  \
	       of "speak TLS; ca_cert and client_cert imply it"),                        \
		OPTION(type, member.ca_cert, "security.ca_cert", 0,                      \
		       of "file of the CAs to trust, in place of the system's"),         \
		OPTION(type, member.client_cert, "security.client_cert", 0,              \
		       of "file of our certificate"),                                    \
		OPTION(type, member.client_key, "security.client_key", 0,                \
		       of "file of its key"),                                            \
		OPTION_ENUM(type, member.mechanism, "security.mechanism", 0,             \
			    kafka_mechanism_names,                                       \
			    of "how to log in with a password, or with a token"),        \
		OPTION(type, member.username, "security.username", 0, of "who logs in"), \
		OPTION(type, member.password, "security.password", FIELD_SECRET,         \
		       of "its password"),                                               \
		OPTION(type, member.password_file, "security.password_file", 0,          \
		       of "file that holds the password; read again when it changes"),   \
		OPTION(type, member.token_file, "security.token_file", 0,                \
		       of "file that holds the token for OAUTHBEARER; read again when "  \
			  "it changes")

/* 0, or -EINVAL with the reason and its key. */
int kafka_check_files(const struct kafka_security *, struct err *);
int kafka_check_login(const struct kafka_security *, struct err *);
/* Opens the password, if there is one, or sees that there is a token. */
int kafka_open_secret(const struct kafka_security *, struct secret *, struct err *);

/* Appends them, as far as they are set; there is room. */
void kafka_security_put(const struct kafka_security *, struct str password,
			struct map_of_str *settings);
/* The key that librdkafka's name stands for; NULL: none of these. */
const char *kafka_security_key(const char *name);
/* Differs when a file with certificates does. */
uint64_t kafka_security_stamp(const struct kafka_security *);
/* Whether a secret is sent to who listens on the way: err says which. */
bool kafka_security_advise(const struct kafka_security *, struct err *);

#endif
