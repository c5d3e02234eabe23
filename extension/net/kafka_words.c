/* SPDX-License-Identifier: Apache-2.0 */
/* kafka_words.c - errors of librdkafka for a person. See kafka_private.h. */
#include <stdio.h>
#include "net/kafka_private.h"

void kafka_words_init(struct kafka_words *w)
{
	pthread_mutex_init(&w->lock, NULL);
	w->certificate[0] = '\0';
}

void kafka_words_fini(struct kafka_words *w)
{
	pthread_mutex_destroy(&w->lock);
}

/* Numbers of OpenSSL, of
 * x509_vfy.h. */
static const struct {
	int number;
	const char *why;
} x509_errors[] = {
	{ 2, "it is signed by a CA that is not trusted here: see security.ca_cert" },
	{ 9, "it is not yet valid: is the clock right?" },
	{ 10, "it has expired" },
	{ 18, "it is signed by itself: see security.ca_cert" },
	{ 19, "its CA is not trusted here: see security.ca_cert" },
	{ 20, "it is signed by a CA that is not trusted here: see security.ca_cert" },
	{ 21, "it is signed by a CA that is not trusted here: see security.ca_cert" },
	{ 62, "it is that of another host" },
	{ 64, "it is that of another address" },
};

int kafka_words_judge(rd_kafka_t *producer, const char *broker, int32_t number,
		      int *x509_error, int depth, const char *certificate,
		      size_t certificate_size, char *why, size_t size, void *opaque)
{
	struct kafka_words *w = opaque;
	size_t i;

	(void)producer;
	(void)number;
	(void)depth;
	(void)certificate;
	(void)certificate_size;
	if (!*x509_error)
		return 1;
	for (i = 0; i < sizeof(x509_errors) / sizeof(x509_errors[0]); i++)
		if (x509_errors[i].number == *x509_error)
			break;
	snprintf(why, size, "the certificate of %s is refused: %s", broker,
		 i < sizeof(x509_errors) / sizeof(x509_errors[0])
			 ? x509_errors[i].why
			 : "it cannot be verified");
	pthread_mutex_lock(&w->lock);
	snprintf(w->certificate, sizeof(w->certificate), "%s", why);
	pthread_mutex_unlock(&w->lock);
	return 0;
}

/* What brokers say of our certificate, in OpenSSL's words. */
static bool is_of_our_certificate(const char *why)
{
	static const char *const alerts[] = {
		"alert certificate",
		"alert bad certificate",
		"alert unknown ca",
	};
	size_t i;

	for (i = 0; i < sizeof(alerts) / sizeof(alerts[0]); i++)
		if (strstr(why, alerts[i]))
			return true;
	return false;
}

/* What librdkafka puts before a reason that is ours. */
static const char *skip_introduction(const char *why)
{
	static const char *const introductions[] = {
		"Failed to acquire SASL OAUTHBEARER token: ",
		"because there is no token available; last error: ",
	};
	const char *at;
	size_t i;

	for (i = 0; i < sizeof(introductions) / sizeof(introductions[0]); i++) {
		at = strstr(why, introductions[i]);
		if (at)
			return at + strlen(introductions[i]);
	}
	if (strstr(why, "\"invalid_token\""))
		return "the brokers do not accept the token: see security.token_file";
	if (is_of_our_certificate(why))
		return "the brokers do not accept our certificate, or want one: see "
		       "security.client_cert";
	return why;
}

void kafka_words_put(struct kafka_words *w, const char *why, char *to, size_t size)
{
	bool is_certificate = strstr(why, "certificate verify failed") != NULL;
	char *after;

	pthread_mutex_lock(&w->lock);
	snprintf(to, size, "%s",
		 is_certificate && *w->certificate ? w->certificate
						   : skip_introduction(why));
	pthread_mutex_unlock(&w->lock);
	after = strstr(to, " (after ");
	if (after)
		*after = '\0';
}
