/* SPDX-License-Identifier: MIT */
/*
 * A throw-away certificate: a new key of P-256, and a certificate for it that it signs itself.
 * It is for localhost and the loopback addresses, for a day; everybody refuses it who was not
 * told about it. Nothing of it is written to a disk.
 */
#include "http_tls_private.h"

#include <stdio.h>
#include <string.h>

#include <mbedtls/bignum.h>
#include <mbedtls/ecp.h>
#include <mbedtls/oid.h>
#include <mbedtls/platform_time.h>
#include <mbedtls/platform_util.h>

enum { SERIAL_SIZE = 16, HOUR = 3600, INSTANT_SIZE = 48 };

/* GeneralNames of RFC 5280: dNSName localhost, iPAddress 127.0.0.1 and ::1. The address is there
 * as a name too: libcurl on Schannel compares names only. */
/* clang-format off */
static const unsigned char names[] = {
    0x30, 46,
    0x82, 9, 'l', 'o', 'c', 'a', 'l', 'h', 'o', 's', 't',
    0x82, 9, '1', '2', '7', '.', '0', '.', '0', '.', '1',
    0x87, 4, 127, 0, 0, 1,
    0x87, 16, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1,
};
/* clang-format on */

/* ExtKeyUsageSyntax: id-kp-serverAuth, 1.3.6.1.5.5.7.3.1. */
static const unsigned char usage[] = {0x30, 10, 0x06, 8, 0x2b, 6, 1, 5, 5, 7, 3, 1};

/* "20260131235959", `seconds` from now. */
static void write_instant(char *text, size_t size, int seconds)
{
    mbedtls_time_t instant = mbedtls_time(NULL) + seconds;
    struct tm parts;

    memset(&parts, 0, sizeof(parts));
    (void)mbedtls_platform_gmtime_r(&instant, &parts);
    snprintf(text, size, "%04d%02d%02d%02d%02d%02d", parts.tm_year + 1900, parts.tm_mon + 1,
             parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec);
}

/* A positive number that no other certificate has. */
static int set_serial(mbedtls_x509write_cert *made, struct weft__http_tls *tls)
{
    unsigned char bytes[SERIAL_SIZE];
    mbedtls_mpi serial;
    int code = weft__http_tls_random(tls, bytes, sizeof(bytes));

    bytes[0] = (unsigned char)((bytes[0] & 0x3f) | 0x40);
    mbedtls_mpi_init(&serial);
    if (code == 0)
        code = mbedtls_mpi_read_binary(&serial, bytes, sizeof(bytes));
    if (code == 0)
        code = mbedtls_x509write_crt_set_serial(made, &serial);
    mbedtls_mpi_free(&serial);
    return code;
}

static int set_extensions(mbedtls_x509write_cert *made)
{
    int code = mbedtls_x509write_crt_set_basic_constraints(made, 0, -1);

    if (code == 0)
        code = mbedtls_x509write_crt_set_key_usage(made, MBEDTLS_X509_KU_DIGITAL_SIGNATURE);
    if (code == 0)
        code = mbedtls_x509write_crt_set_extension(made, MBEDTLS_OID_EXTENDED_KEY_USAGE,
                                                   MBEDTLS_OID_SIZE(MBEDTLS_OID_EXTENDED_KEY_USAGE),
                                                   0, usage, sizeof(usage));
    if (code == 0)
        code = mbedtls_x509write_crt_set_extension(made, MBEDTLS_OID_SUBJECT_ALT_NAME,
                                                   MBEDTLS_OID_SIZE(MBEDTLS_OID_SUBJECT_ALT_NAME),
                                                   0, names, sizeof(names));
    return code;
}

/* An hour ago it was valid already: other clocks are slow. */
static int fill(mbedtls_x509write_cert *made, struct weft__http_tls *tls)
{
    char from[INSTANT_SIZE], to[INSTANT_SIZE];
    int code = set_serial(made, tls);

    write_instant(from, sizeof(from), -HOUR);
    write_instant(to, sizeof(to), 24 * HOUR);
    mbedtls_x509write_crt_set_version(made, MBEDTLS_X509_CRT_VERSION_3);
    mbedtls_x509write_crt_set_md_alg(made, MBEDTLS_MD_SHA256);
    mbedtls_x509write_crt_set_subject_key(made, &tls->key);
    mbedtls_x509write_crt_set_issuer_key(made, &tls->key);
    if (code == 0)
        code = mbedtls_x509write_crt_set_subject_name(made, "CN=localhost,O=weft throw-away");
    if (code == 0)
        code = mbedtls_x509write_crt_set_issuer_name(made, "CN=localhost,O=weft throw-away");
    if (code == 0)
        code = mbedtls_x509write_crt_set_validity(made, from, to);
    return code == 0 ? set_extensions(made) : code;
}

int weft__http_tls_make_certificate(struct weft__http_tls *tls)
{
    mbedtls_x509write_cert made;
    int code = mbedtls_pk_setup(&tls->key, mbedtls_pk_info_from_type(MBEDTLS_PK_ECKEY));

    if (code == 0)
        code = mbedtls_ecp_gen_key(MBEDTLS_ECP_DP_SECP256R1, mbedtls_pk_ec(tls->key),
                                   weft__http_tls_random, tls);
    if (code != 0)
        return code;
    mbedtls_x509write_crt_init(&made);
    code = fill(&made, tls);
    if (code == 0)
        code = mbedtls_x509write_crt_pem(&made, (unsigned char *)tls->pem, sizeof(tls->pem),
                                         weft__http_tls_random, tls);
    mbedtls_x509write_crt_free(&made);
    if (code == 0) /* its length counts the terminating zero */
        code = mbedtls_x509_crt_parse(&tls->certificate, (const unsigned char *)tls->pem,
                                      strlen(tls->pem) + 1);
    return code;
}
