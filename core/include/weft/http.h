/* SPDX-License-Identifier: MIT */
#ifndef WEFT_HTTP_H
#define WEFT_HTTP_H

/*
 * Fetching a page, on libcurl.
 *
 *     weft_http_response r;
 *     CHECK(weft_http_get(&r, url, NULL, weft_in(WEFT_S(10))));
 *     weft_print("%d\n", r.status);
 *     weft_http_response_close(&r);
 *
 * Only http: and https: are spoken, also after a redirect; TLS certificates are
 * always verified.
 */

#include <stddef.h>

#include <weft/compiler.h>
#include <weft/time.h>

#ifdef __cplusplus
extern "C" {
#endif

/* All zero is the default. */
typedef struct weft_http_options {
    size_t size_limit;  /* bytes of body at most; 0: 16 MiB */
    int redirect_limit; /* redirects followed at most; 0: 10; -1: none, it is the answer */
} weft_http_options;

typedef struct weft_http_response {
    int status;  /* 200, 404, ...: what the server said is no error of the call */
    char *body;  /* `size` bytes and a terminating zero; weft_http_response_close() frees it */
    size_t size;
} weft_http_response;

/**
 * The page has been fetched.
 *
 * @param response  filled on success only
 * @param url       http: or https:
 * @param options   NULL: none
 * @param until     for resolving, connecting and all redirects together
 * @return 0; WEFT_EINVAL: malformed URL or another scheme; WEFT_ENOTFOUND: no such host;
 *         WEFT_EREFUSED; WEFT_EUNREACHABLE; WEFT_ERESET: the connection broke, or the body
 *         is shorter than announced; WEFT_ETIMEDOUT; WEFT_ETOOBIG: over the size limit;
 *         WEFT_EPROTOCOL: no HTTP, too many redirects, or a certificate that does not
 *         verify; WEFT_ENOMEM; WEFT_ESYSTEM. The sentence names the URL and libcurl's
 *         reason.
 *
 * Threads: any.   Python: urllib.request.urlopen.
 */
WEFT_MUST_CHECK int weft_http_get(weft_http_response *response, const char *url,
                                  const weft_http_options *options, weft_time until);

/** Frees the body; safe after a failure if the response was zeroed, and twice. */
void weft_http_response_close(weft_http_response *response);

/**
 * Whether the text is a URL that weft_http_get() would try.
 *
 * @return 0; WEFT_EINVAL: it is not, and the sentence says why
 *
 * Threads: any.   Python: urllib.parse.urlsplit, more or less.
 */
int weft_http_url_check(const char *url);

#ifdef __cplusplus
}
#endif

#endif
