/* SPDX-License-Identifier: MIT */
#ifndef WEFT_HTTP_H
#define WEFT_HTTP_H

/*
 * Fetching pages, on libcurl. One:
 *
 *     weft_http_response r;
 *     CHECK(weft_http_get(&r, url, NULL, weft_in(WEFT_S(10))));
 *     weft_print("%d\n", r.status);
 *     weft_http_response_close(&r);
 *
 * Many at once, each a future as any other, told in the order in which they get done:
 *
 *     for (size_t i = 0; i < 100; i++)
 *         CHECK(weft_http_get_async(&pages[i], urls[i], NULL, weft_in(WEFT_S(10))));
 *     CHECK(weft_as_completed(&done, pages, 100));
 *     while (weft_completion_next(done, &i, WEFT_FOREVER) == 0)
 *         if (weft_http_result(pages[i], &r, WEFT_NOW) == 0)
 *             weft_print("%s: %d, %zu bytes\n", urls[i], r.status, r.size);
 *         else
 *             weft_print("%s\n", weft_last_error());
 *
 * One thread of weft's own does all the transfers of a process. It starts with the first and
 * ends with the program, or when there was nothing to fetch for some seconds. It keeps
 * connections open for the next fetch from the same host.
 *
 * Only http: and https: are spoken, also after a redirect; TLS certificates are always
 * verified. (Windows: Schannel does that, unverified on real Windows: the tests ran in Wine,
 * whose Schannel takes any certificate unless ca_file is given.) Proxies come from the
 * environment (http_proxy, https_proxy, all_proxy, and NO_PROXY for hosts without); this
 * machine is always reached without one.
 */

#include <stddef.h>

#include <weft/compiler.h>
#include <weft/future.h>
#include <weft/time.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Gets a body piece by piece as it arrives. Called in the thread that does all transfers, so
 * it must not block. Returns 0, or an error that ends the fetch, which then fails with it. */
typedef int weft_http_sink(const void *data, size_t size, void *context);

/* All zero is the default. Texts are copied. */
typedef struct weft_http_options {
    size_t size_limit;    /* bytes of body at most; 0: 16 MiB, with sink or file no limit */
    int redirect_limit;   /* redirects followed at most; 0: 10; -1: none, it is the answer */
    unsigned connections; /* fetches from the host of this URL at once, at most: this one waits
                             while there are as many; 0: 16 */
    const char *ca_file;  /* certificates in PEM to be trusted too (Windows, and others whose
                             libcurl has one file of them only: instead); NULL: none */
    /* Where the body goes instead of memory, if the status is 2xx; one of them at most. What
     * else a server says is in the response as usual. */
    weft_http_sink *sink; /* NULL: none */
    void *context;        /* the sink's; must live until the future is done */
    const char *file;     /* path, in UTF-8. It is written under another name beside
                             it, and renamed when it is whole; NULL: none */
} weft_http_options;

typedef struct weft_http_response {
    int status; /* 200, 404, ...: what the server said is no error of the call */
    char *body; /* its bytes and a terminating zero; "" if sink or file got them */
    size_t size; /* of the body, wherever it went */
    void *owned; /* what weft_http_response_close() frees; NULL: nothing */
} weft_http_response;

/**
 * The page has been fetched.
 *
 * @param response  filled on success only; to be closed
 * @param url       http: or https:
 * @param options   NULL: none
 * @param until     for waiting, resolving, connecting and all redirects together
 * @return 0; WEFT_EINVAL: malformed URL; WEFT_ENOTSUP: another scheme, or a redirect to
 *         what is no URL of HTTP; WEFT_ENOTFOUND: no such host; WEFT_EREFUSED; WEFT_EUNREACHABLE;
 *         WEFT_ECERTIFICATE: it does not verify; WEFT_ECLOSED: the server closed without an
 *         answer; WEFT_ERESET: the connection broke; WEFT_ETRUNCATED: the body is shorter
 *         than announced; WEFT_EPROTOCOL: no HTTP, or no TLS; WEFT_EREDIRECT: more than
 *         redirect_limit; WEFT_ETOOBIG: over size_limit, or a header over 100 KiB;
 *         WEFT_ETIMEDOUT; WEFT_ECANCELED: the caller was cancelled; WEFT_ENOMEM;
 *         WEFT_ESYSTEM: also a file that cannot be written; WEFT_ELIMIT: no thread;
 *         WEFT_EDEADLK: misuse, called by a sink, or by a callback of a fetch's future. The
 *         sentence names the URL and the reason.
 *
 * Threads: any.   Python: urllib.request.urlopen.
 */
WEFT_MUST_CHECK int weft_http_get(weft_http_response *response, const char *url,
                                  const weft_http_options *options, weft_time until);

/**
 * The page is being fetched.
 *
 * The future is pending until it is done, so weft_future_cancel() always can: it ends the
 * transfer at once. Its result is a block of bytes that holds the body too; who releases it
 * before it is done lets the fetch go on. Callbacks of the future (weft_future_on_done()) run
 * in the thread that does all transfers.
 *
 * @param future  receives the future, the caller's until weft_future_release()
 * @return 0; WEFT_EINVAL, WEFT_ENOTSUP: as weft_http_get(), or options that contradict each other;
 *         WEFT_ETIMEDOUT: the deadline has passed already; WEFT_ENOMEM; WEFT_ELIMIT: no
 *         thread; WEFT_ESYSTEM. What goes wrong later is the future's error.
 *
 * Threads: any.   Python: asyncio.create_task(session.get(url)), of aiohttp.
 */
WEFT_MUST_CHECK int weft_http_get_async(weft_future **future, const char *url,
                                        const weft_http_options *options, weft_time until);

/**
 * What the future of weft_http_get_async() has fetched.
 *
 * @param response  filled on success only. The body stays the future's, and is valid until
 *                  the caller releases that; closing the response is allowed and does nothing
 * @return as weft_future_result(), with the errors of weft_http_get(); WEFT_EINVAL: misuse,
 *         the future's result is not of a fetch
 *
 * Threads: any, any number of times.   Python: Future.result.
 */
WEFT_MUST_CHECK int weft_http_result(weft_future *future, weft_http_response *response,
                                     weft_time until);

/**
 * The same in a function that weft_then() runs with the result of a fetch, in a thread or in a
 * process.
 *
 *     CHECK(weft_http_get_async(&page, url, NULL, until));
 *     CHECK(weft_then(pool, &words, page, count_words));   // begins with weft_http_argument()
 *
 * @param response  its body is valid until the function returns
 * @return 0; WEFT_EINVAL: misuse, the task's argument is not a fetch's result
 *
 * Threads: the task's own.   Python: none.
 */
WEFT_MUST_CHECK int weft_http_argument(weft_task *task, weft_http_response *response);

/** Frees the body if it is the response's; safe after a failure if the response was zeroed,
 * and twice. */
void weft_http_response_close(weft_http_response *response);

/**
 * Whether the text is a URL that weft_http_get() would try.
 *
 * @return 0; WEFT_EINVAL: it is none, WEFT_ENOTSUP: it is for something else than HTTP; the
 *         sentence says why
 *
 * Threads: any.   Python: urllib.parse.urlsplit, more or less.
 */
int weft_http_url_check(const char *url);

#ifdef __cplusplus
}
#endif

#endif
