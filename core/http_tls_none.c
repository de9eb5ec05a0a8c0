/* SPDX-License-Identifier: MIT */
/* TLS for the HTTP server in a build that found no Mbed TLS: there is none. */
#include "http_tls.h"

#include <weft/error.h>

#include "internal.h"

static int refuse(void)
{
    return weft__fail(WEFT_ENOTSUP, "http server: tls: this build of weft was made without Mbed "
                                    "TLS, and can serve plain HTTP only");
}

bool weft__http_tls_exists(void)
{
    return false;
}

int weft__http_tls_create(struct weft__http_tls **tls)
{
    *tls = NULL;
    return refuse();
}

void weft__http_tls_free(struct weft__http_tls *tls)
{
    (void)tls;
}

const char *weft__http_tls_certificate(const struct weft__http_tls *tls)
{
    (void)tls;
    return NULL;
}

int weft__http_tls_accept(struct weft__http_tls_session **session, struct weft__http_tls *tls,
                          weft_socket *socket, weft_time until)
{
    (void)tls, (void)socket, (void)until;
    *session = NULL;
    return refuse();
}

int weft__http_tls_recv(struct weft__http_tls_session *session, void *buffer, size_t size,
                        size_t *length, weft_time until)
{
    (void)session, (void)buffer, (void)size, (void)until;
    *length = 0;
    return refuse();
}

int weft__http_tls_send(struct weft__http_tls_session *session, const void *data, size_t size,
                        weft_time until)
{
    (void)session, (void)data, (void)size, (void)until;
    return refuse();
}

void weft__http_tls_close(struct weft__http_tls_session *session)
{
    (void)session;
}
