/* SPDX-License-Identifier: Apache-2.0 */
/* curl_tls.c - see curl_tls.h. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "net/curl_tls.h"

/* X509_V_ERR_... of OpenSSL, which CURLINFO_SSL_VERIFYRESULT hands on. */
enum verify_result {
	VERIFY_NOT_ASKED = 1, /* what libcurl begins with */
	VERIFY_NO_ISSUER = 2,
	VERIFY_NOT_YET_VALID = 9,
	VERIFY_EXPIRED = 10,
	VERIFY_SELF_SIGNED = 18,
	VERIFY_SELF_SIGNED_IN_CHAIN = 19,
	VERIFY_NO_ISSUER_LOCALLY = 20,
	VERIFY_NO_FIRST = 21,
};

static bool is_given(const char *file)
{
	return file && *file;
}

int curl_tls_set(CURL *easy, const struct tls_files *tls)
{
	CURLcode code = CURLE_OK;

	curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
	curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L);
	curl_easy_setopt(easy, CURLOPT_SSL_ENABLE_ALPN, 0L);
	/* A host's openssl.cnf may allow less. */
	code = curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	/* A resumed session is not checked against the files of today. */
	curl_easy_setopt(easy, CURLOPT_SSL_SESSIONID_CACHE, 0L);
	if (!code && tls && is_given(tls->ca_cert)) {
		code = curl_easy_setopt(easy, CURLOPT_CAINFO, tls->ca_cert);
		/* Instead of the system's, not beside them. */
		curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
#if LIBCURL_VERSION_NUM >= 0x075700
		/* Else a mended file would be seen a day later. */
		curl_easy_setopt(easy, CURLOPT_CA_CACHE_TIMEOUT, 0L);
#endif
	}
	if (!code && tls && is_given(tls->client_cert))
		code = curl_easy_setopt(easy, CURLOPT_SSLCERT, tls->client_cert);
	if (!code && tls && is_given(tls->client_key))
		code = curl_easy_setopt(easy, CURLOPT_SSLKEY, tls->client_key);
	return code ? -ENOMEM : 0;
}

/* The certificate of the other side was refused, by OpenSSL or, without a
 * result of its own, because libcurl did not find the name in it. */
static void explain_refused(CURL *easy, const struct tls_files *tls, const char *server,
			    const char *why, char *text, size_t size)
{
	bool has_ca = tls && is_given(tls->ca_cert);
	long result = 0;

	curl_easy_getinfo(easy, CURLINFO_SSL_VERIFYRESULT, &result);
	switch (result) {
	case VERIFY_NO_ISSUER:
	case VERIFY_SELF_SIGNED:
	case VERIFY_SELF_SIGNED_IN_CHAIN:
	case VERIFY_NO_ISSUER_LOCALLY:
	case VERIFY_NO_FIRST:
		snprintf(text, size,
			 "the certificate of %s is not signed by a trusted CA; "
			 "set ca_cert to that CA's file%s%s",
			 server, has_ca ? ", not " : "", has_ca ? tls->ca_cert : "");
		break;
	case VERIFY_EXPIRED:
		snprintf(text, size, "the certificate of %s, or of its CA, has expired",
			 server);
		break;
	case VERIFY_NOT_YET_VALID:
		snprintf(text, size,
			 "the certificate of %s is not valid yet; is the clock "
			 "of this host right?",
			 server);
		break;
	case 0:
	case VERIFY_NOT_ASKED:
		snprintf(text, size, "the certificate of %s is for another host: %s",
			 server, why);
		break;
	default:
		snprintf(text, size, "the certificate of %s is refused: %s", server, why);
	}
}

/* What the other side says of our certificate arrives as an alert, which TLS 1.3
 * lets come as late as with the first answer. */
static bool wants_certificate(const char *why)
{
	static const char *const alerts[] = {
		"alert certificate required", "alert handshake failure",
		"alert bad certificate",      "alert unknown ca",
		"alert certificate unknown",  "alert certificate expired",
		"alert access denied",
	};
	size_t i;

	for (i = 0; i < sizeof(alerts) / sizeof(alerts[0]); i++)
		if (strstr(why, alerts[i]))
			return true;
	return false;
}

static void explain_alert(const struct tls_files *tls, const char *server,
			  const char *why, char *text, size_t size)
{
	if (tls && is_given(tls->client_cert))
		snprintf(text, size,
			 "%s does not accept the client certificate in %s: %s", server,
			 tls->client_cert, why);
	else
		snprintf(text, size, "%s wants a client certificate: %s", server, why);
}

bool curl_tls_explain(CURL *easy, CURLcode code, const struct tls_files *tls,
		      const char *server, const char *why, char *text, size_t size)
{
	const char *file;

	switch (code) {
	case CURLE_PEER_FAILED_VERIFICATION:
		explain_refused(easy, tls, server, why, text, size);
		return true;
	case CURLE_SSL_CACERT_BADFILE:
		file = tls && is_given(tls->ca_cert) ? tls->ca_cert
						     : "the system's roots";
		snprintf(text, size, "%s: cannot read a CA certificate from %s", server,
			 file);
		return true;
	case CURLE_SSL_CERTPROBLEM:
		file = tls && is_given(tls->client_cert) ? tls->client_cert : "";
		snprintf(text, size,
			 "%s: the client certificate %s or its key cannot be used: %s",
			 server, file, why);
		return true;
#if LIBCURL_VERSION_NUM >= 0x074d00
	case CURLE_SSL_CLIENTCERT:
		explain_alert(tls, server, why, text, size);
		return true;
#endif
	case CURLE_SSL_CONNECT_ERROR:
	case CURLE_SEND_ERROR:
	case CURLE_RECV_ERROR:
		if (strstr(why, "wrong version number")) { /* of OpenSSL */
			snprintf(text, size,
				 "%s does not speak TLS; if it is not meant to, "
				 "write http:// before it",
				 server);
			return true;
		}
		if (!wants_certificate(why))
			return false;
		explain_alert(tls, server, why, text, size);
		return true;
	default:
		return false;
	}
}
