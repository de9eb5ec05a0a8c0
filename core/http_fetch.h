/* SPDX-License-Identifier: MIT */
#ifndef WEFT_HTTP_FETCH_H
#define WEFT_HTTP_FETCH_H

/*
 * The parts of the HTTP client; nobody else includes this.
 *
 *   http.c         what the public header promises
 *   http_fetch.c   makes a fetch: the options, for libcurl
 *   http_body.c    where a body goes
 *   http_error.c   what went wrong
 *   http_host.c    whose turn it is
 *   http_thread.c  the thread that does it, and (http_end.h) its end
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <curl/curl.h>

#include <weft/http.h>

#include "http_end.h"
#include "promise.h"
#include "timer_heap.h"

enum { WEFT__HTTP_SHOWN = 200, WEFT__HTTP_MARK = 0x70616765 };

/* What a body in memory may be, unless the caller says another limit. */
#define WEFT__HTTP_MEMORY_LIMIT ((uint64_t)16 << 20)

/* The result of a fetch's future, in one block, so that weft_then() can hand it on. */
struct weft__http_page {
    uint32_t mark; /* WEFT__HTTP_MARK: it is one */
    int32_t status;
    uint64_t size; /* of the body, wherever it went */
    char body[];   /* what went to memory, and a terminating zero */
};

struct weft__http_host;

/* One fetch. Its maker fills it, and then the HTTP thread alone uses it. */
struct weft__http_fetch {
    weft_future *future; /* the producer's reference */
    CURL *easy;
    char shown_url[WEFT__HTTP_SHOWN]; /* for sentences */
    char reason[CURL_ERROR_SIZE];     /* libcurl's, of this fetch */
    weft_time until;
    int redirect_limit;
    unsigned connections;

    /* http_body.c */
    struct weft__http_page *page; /* `capacity` bytes of body in it, `stored` received */
    size_t capacity, stored;
    uint64_t received;   /* bytes of the body so far, wherever they went */
    uint64_t size_limit; /* 0: none but that of memory */
    weft_http_sink *sink;
    void *context;
    char *file, *part; /* the name it gets, and the one it is written under; NULL: none */
    FILE *stream;      /* of `part`; NULL: not open */
    int err;           /* why the body was refused; its sentence: */
    char sentence[256];

    /* http_host.c */
    char *host_name; /* scheme, host and port of the URL */
    struct weft__http_host *host;
    bool active; /* counted there, and libcurl's; otherwise it stands in the host's queue */

    /* http_thread.c */
    weft__timer_entry deadline;
    bool begun; /* the future is being finished by the HTTP thread: nobody can cancel it */
    bool ended; /* the transfer is over; false: it is one of the thread's */

    /* In a list of incoming or of cancelled ones, or in its host's queue. */
    struct weft__http_fetch *next, **link;
    struct weft__http_fetch *next_cancelled; /* it may be both incoming and cancelled */
};

/* ---- http_fetch.c -------------------------------------------------------------- */

/* All that can be wrong with URL or options is found here. */
int weft__http_fetch_create(struct weft__http_fetch **fetch, const char *url,
                            const weft_http_options *options, weft_time until);

/* One that the thread does not know, or no more. Releases the producer's reference. */
void weft__http_fetch_free(struct weft__http_fetch *fetch);

/* One that never got to the thread: nobody has the future. */
void weft__http_fetch_refuse(struct weft__http_fetch *fetch);

/* ---- http_body.c --------------------------------------------------------------- */

/* CURLOPT_WRITEFUNCTION with the fetch as its context. */
size_t weft__http_body_receive(char *data, size_t size, size_t count, void *context);

/* The body is whole; then `page` is the result, of *size bytes. */
int weft__http_body_end(struct weft__http_fetch *fetch, size_t *size);

/* It never will be: what was written is removed. */
void weft__http_body_drop(struct weft__http_fetch *fetch);

/* ---- http_error.c -------------------------------------------------------------- */

/* Fails with the error of a transfer that ended with `code`. */
int weft__http_fail(const struct weft__http_fetch *fetch, CURLcode code);

/* Fails with WEFT_ETIMEDOUT and how far it came. */
int weft__http_fail_late(const struct weft__http_fetch *fetch);

/* ---- http_host.c: of the HTTP thread alone ------------------------------------- */

/* The fetch stands in the queue of its host. */
int weft__http_host_enter(struct weft__http_fetch *fetch);

/* It is taken out of there, or counted no more. */
void weft__http_host_leave(struct weft__http_fetch *fetch);

/* The next one whose turn it is, counted from now on; NULL: none. */
struct weft__http_fetch *weft__http_host_next(void);

/* ---- http_thread.c ------------------------------------------------------------- */

/* The thread fetches it from now on; after an error the fetch is the caller's still. */
int weft__http_submit(struct weft__http_fetch *fetch);

/* Whether the calling thread is the one that fetches. */
bool weft__http_in_thread(void);

#endif
