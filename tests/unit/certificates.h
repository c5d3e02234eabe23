/* SPDX-License-Identifier: Apache-2.0 */
/* certificates.h - certificates of the tests' own, in PEM files. */
#ifndef TESTS_UNIT_CERTIFICATES_H
#define TESTS_UNIT_CERTIFICATES_H

#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct authority {
	EVP_PKEY *key;
	X509 *cert;
};

static inline void add_extension(X509 *cert, int id, const char *value)
{
	X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, NULL, id, value);

	X509_add_ext(cert, extension, -1);
	X509_EXTENSION_free(extension);
}

/* For so many seconds from a day ago on; signed by itself when by is NULL. */
static inline X509 *make_certificate(EVP_PKEY *key, const char *name,
				     const char *alt_names, long seconds,
				     const struct authority *by)
{
	static long serial;
	X509 *cert = X509_new();
	X509_NAME *subject = X509_get_subject_name(cert);

	X509_set_version(cert, 2);
	ASN1_INTEGER_set(X509_get_serialNumber(cert), ++serial);
	X509_gmtime_adj(X509_getm_notBefore(cert), -86400);
	X509_gmtime_adj(X509_getm_notAfter(cert), -86400 + seconds);
	X509_set_pubkey(cert, key);
	X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC,
				   (const unsigned char *)name, -1, -1, 0);
	X509_set_issuer_name(cert, by ? X509_get_subject_name(by->cert) : subject);
	add_extension(cert, NID_basic_constraints, by ? "CA:FALSE" : "critical,CA:TRUE");
	if (alt_names)
		add_extension(cert, NID_subject_alt_name, alt_names);
	X509_sign(cert, by ? by->key : key, EVP_sha256());
	return cert;
}

static inline void write_certificate(const char *path, X509 *cert)
{
	FILE *file = fopen(path, "we");

	PEM_write_X509(file, cert);
	fclose(file);
}

static inline struct authority make_authority(const char *name, const char *path)
{
	struct authority a = { .key = EVP_EC_gen("P-256") };

	a.cert = make_certificate(a.key, name, NULL, 10 * 86400, NULL);
	write_certificate(path, a.cert);
	return a;
}

static inline void authority_free(struct authority *a)
{
	X509_free(a->cert);
	EVP_PKEY_free(a->key);
}

/* A key and its certificate. alt_names: "IP:127.0.0.1,DNS:localhost". */
static inline void make_leaf(const struct authority *by, const char *alt_names,
			     long seconds, const char *cert_path, const char *key_path)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *cert = make_certificate(key, "test", alt_names, seconds, by);
	FILE *file = fopen(key_path, "we");

	write_certificate(cert_path, cert);
	PEM_write_PrivateKey(file, key, NULL, NULL, 0, NULL, NULL);
	fclose(file);
	X509_free(cert);
	EVP_PKEY_free(key);
}

#endif
