/* SPDX-License-Identifier: MIT */
/*
 * TLS for the HTTP server, on Mbed TLS: it reads and writes through callbacks, which wait for the
 * socket until the deadline of the call that is under way. Both sides of a connection are used by
 * its thread alone.
 *
 * What connections share only changes before the first of them, except the source of random
 * numbers, which has a mutex. At most TLS 1.2, which any version of Mbed TLS offers alike.
 */
#include "http_tls.h"

#include <string.h>

#include <mbedtls/error.h>
#include <mbedtls/net_sockets.h>

#include <weft/error.h>
#include <weft/memory.h>

#include "http_tls_private.h"
#include "internal.h"

struct weft__http_tls_session {
    mbedtls_ssl_context ssl;
    weft_socket *socket;
    weft_time until; /* of the call that is under way */
    int err;         /* why the socket failed, 0: it did not */
};

/* What Mbed TLS says becomes ours, unless the socket had an error of its own. */
static int fail(int err, const char *what, int code)
{
    char reason[160] = "";

    if (err != 0)
        return err;
    mbedtls_strerror(code, reason, sizeof(reason));
    return weft__fail(WEFT_EPROTOCOL, "http server: tls: %s: %s (-0x%04x)", what, reason,
                      (unsigned)-code);
}

int weft__http_tls_random(void *context, unsigned char *bytes, size_t size)
{
    struct weft__http_tls *tls = context;
    int code;

    weft_mutex_acquire(&tls->mutex, WEFT_FOREVER);
    code = mbedtls_ctr_drbg_random(&tls->random, bytes, size);
    weft_mutex_release(&tls->mutex);
    return code;
}

/* ---- of a server ------------------------------------------------------------------ */

bool weft__http_tls_exists(void)
{
    return true;
}

static int configure(struct weft__http_tls *tls)
{
    int code =
        mbedtls_ssl_config_defaults(&tls->config, MBEDTLS_SSL_IS_SERVER,
                                    MBEDTLS_SSL_TRANSPORT_STREAM, MBEDTLS_SSL_PRESET_DEFAULT);

    if (code != 0)
        return code;
    mbedtls_ssl_conf_rng(&tls->config, weft__http_tls_random, tls);
    mbedtls_ssl_conf_min_version(&tls->config, MBEDTLS_SSL_MAJOR_VERSION_3,
                                 MBEDTLS_SSL_MINOR_VERSION_3);
    mbedtls_ssl_conf_max_version(&tls->config, MBEDTLS_SSL_MAJOR_VERSION_3,
                                 MBEDTLS_SSL_MINOR_VERSION_3);
    return mbedtls_ssl_conf_own_cert(&tls->config, &tls->certificate, &tls->key);
}

int weft__http_tls_create(struct weft__http_tls **out)
{
    static const unsigned char purpose[] = "weft http server";
    struct weft__http_tls *tls = weft_alloc(sizeof(*tls));
    int code;

    *out = NULL;
    if (!tls)
        return WEFT_ENOMEM;
    mbedtls_entropy_init(&tls->entropy);
    mbedtls_ctr_drbg_init(&tls->random);
    mbedtls_pk_init(&tls->key);
    mbedtls_x509_crt_init(&tls->certificate);
    mbedtls_ssl_config_init(&tls->config);
    code = mbedtls_ctr_drbg_seed(&tls->random, mbedtls_entropy_func, &tls->entropy, purpose,
                                 sizeof(purpose) - 1);
    if (code == 0)
        code = weft__http_tls_make_certificate(tls);
    if (code == 0)
        code = configure(tls);
    if (code != 0) {
        weft__http_tls_free(tls);
        return fail(0, "no certificate can be made", code);
    }
    *out = tls;
    return 0;
}

void weft__http_tls_free(struct weft__http_tls *tls)
{
    if (!tls)
        return;
    mbedtls_ssl_config_free(&tls->config);
    mbedtls_x509_crt_free(&tls->certificate);
    mbedtls_pk_free(&tls->key);
    mbedtls_ctr_drbg_free(&tls->random);
    mbedtls_entropy_free(&tls->entropy);
    weft_free(tls);
}

const char *weft__http_tls_certificate(const struct weft__http_tls *tls)
{
    return tls->pem;
}

/* ---- of a connection -------------------------------------------------------------- */

static int send_bytes(void *context, const unsigned char *bytes, size_t size)
{
    struct weft__http_tls_session *session = context;

    session->err = weft_socket_send(session->socket, bytes, size, NULL, session->until);
    return session->err == 0 ? (int)size : MBEDTLS_ERR_NET_SEND_FAILED;
}

static int recv_bytes(void *context, unsigned char *bytes, size_t size)
{
    struct weft__http_tls_session *session = context;
    size_t length = 0;

    session->err = weft_socket_recv(session->socket, bytes, size, &length, session->until);
    return session->err == 0 ? (int)length : MBEDTLS_ERR_NET_RECV_FAILED;
}

int weft__http_tls_accept(struct weft__http_tls_session **out, struct weft__http_tls *tls,
                          weft_socket *socket, weft_time until)
{
    struct weft__http_tls_session *session = weft_alloc(sizeof(*session));
    int code, err;

    *out = NULL;
    if (!session)
        return WEFT_ENOMEM;
    session->socket = socket;
    session->until = until;
    mbedtls_ssl_init(&session->ssl);
    code = mbedtls_ssl_setup(&session->ssl, &tls->config);
    if (code == 0) {
        mbedtls_ssl_set_bio(&session->ssl, session, send_bytes, recv_bytes, NULL);
        code = mbedtls_ssl_handshake(&session->ssl);
    }
    if (code == 0) {
        *out = session;
        return 0;
    }
    err = fail(session->err, "handshake", code);
    mbedtls_ssl_free(&session->ssl);
    weft_free(session);
    return err;
}

int weft__http_tls_recv(struct weft__http_tls_session *session, void *buffer, size_t size,
                        size_t *length, weft_time until)
{
    int code;

    session->until = until;
    code = mbedtls_ssl_read(&session->ssl, buffer, size);
    *length = code > 0 ? (size_t)code : 0;
    if (code >= 0 || code == MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY || code == MBEDTLS_ERR_SSL_CONN_EOF)
        return 0;
    return fail(session->err, "read", code);
}

int weft__http_tls_send(struct weft__http_tls_session *session, const void *data, size_t size,
                        weft_time until)
{
    const unsigned char *rest = data;

    session->until = until;
    while (size > 0) {
        int code = mbedtls_ssl_write(&session->ssl, rest, size);

        if (code < 0)
            return fail(session->err, "write", code);
        rest += code;
        size -= (size_t)code;
    }
    return 0;
}

void weft__http_tls_close(struct weft__http_tls_session *session)
{
    if (!session)
        return;
    session->until = WEFT_NOW;
    (void)mbedtls_ssl_close_notify(&session->ssl);
    mbedtls_ssl_free(&session->ssl);
    weft_free(session);
}
