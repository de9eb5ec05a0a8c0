/* SPDX-License-Identifier: MIT */
#ifndef WEFT_HTTP_TLS_PRIVATE_H
#define WEFT_HTTP_TLS_PRIVATE_H

/* Between http_tls.c and http_tls_certificate.c. */

#include <mbedtls/ctr_drbg.h>
#include <mbedtls/entropy.h>
#include <mbedtls/pk.h>
#include <mbedtls/ssl.h>
#include <mbedtls/x509_crt.h>

#include <weft/mutex.h>

enum { WEFT__HTTP_PEM_SIZE = 2048 };

struct weft__http_tls {
    mbedtls_entropy_context entropy;
    mbedtls_ctr_drbg_context random; /* guarded by the mutex; the rest only changes at creation */
    weft_mutex mutex;
    mbedtls_pk_context key; /* of P-256; making it has filled what its curve computes but once */
    mbedtls_x509_crt certificate;
    mbedtls_ssl_config config;
    char pem[WEFT__HTTP_PEM_SIZE];
};

/* Random bytes for any thread; `context` is the struct. */
int weft__http_tls_random(void *context, unsigned char *bytes, size_t size);

/* Makes key, certificate and pem; 0, or Mbed TLS's error. */
int weft__http_tls_make_certificate(struct weft__http_tls *tls);

#endif
