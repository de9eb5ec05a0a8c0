/* SPDX-License-Identifier: MIT */
#ifndef WEFT_HTTP_TLS_H
#define WEFT_HTTP_TLS_H

/* TLS for the HTTP server: http_tls.c and http_tls_certificate.c on Mbed TLS, or, in a build
 * without it, http_tls_none.c. Nobody else includes this. */

#include <stdbool.h>
#include <stddef.h>

#include <weft/socket.h>
#include <weft/time.h>

struct weft__http_tls;         /* of a server: a key and its certificate, made at the start */
struct weft__http_tls_session; /* of one connection */

bool weft__http_tls_exists(void);

/* WEFT_ENOTSUP: this build cannot. */
int weft__http_tls_create(struct weft__http_tls **tls);
void weft__http_tls_free(struct weft__http_tls *tls); /* NULL is allowed */

/* In PEM, as long as `tls`. */
const char *weft__http_tls_certificate(const struct weft__http_tls *tls);

/* The handshake is done. The socket stays the caller's, and so it does with the next two. */
int weft__http_tls_accept(struct weft__http_tls_session **session, struct weft__http_tls *tls,
                          weft_socket *socket, weft_time until);

/* As weft_socket_recv() and weft_socket_send(). */
int weft__http_tls_recv(struct weft__http_tls_session *session, void *buffer, size_t size,
                        size_t *length, weft_time until);
int weft__http_tls_send(struct weft__http_tls_session *session, const void *data, size_t size,
                        weft_time until);

/* Says goodbye, if that takes no time, and frees the session; NULL is allowed. */
void weft__http_tls_close(struct weft__http_tls_session *session);

#endif
