/* SPDX-License-Identifier: MIT */
/*
 * Fetching pages: what the public header promises. The work is done elsewhere (http_fetch.h);
 * weft_http_get() is a fetch that its caller waits for, and its response owns the future.
 */
#include <weft/http.h>

#include <string.h>

#include <weft/error.h>
#include <weft/memory.h>
#include <weft/text.h>

#include "http_fetch.h"
#include "internal.h"
#include "thread_pool.h"

/* How long after the deadline the HTTP thread, which knows more, may be the one that tells. */
#define SLACK WEFT_MS(50)

static void respond(weft_http_response *response, const struct weft__http_page *page)
{
    response->status = page->status;
    response->size = (size_t)page->size;
    response->body = (char *)(uintptr_t)page->body; /* what is read only belongs to the caller */
    response->owned = NULL;
}

/* Whether the bytes are what a fetch has made. They are aligned for any type. */
static bool is_page(const void *bytes, size_t size)
{
    const struct weft__http_page *page = bytes;

    return size > offsetof(struct weft__http_page, body) && page->mark == WEFT__HTTP_MARK;
}

int weft_http_get_async(weft_future **future, const char *url, const weft_http_options *options,
                        weft_time until)
{
    struct weft__http_fetch *fetch = NULL;
    weft_future *made;
    int err = weft__http_fetch_create(&fetch, url, options, until);

    if (err != 0)
        return err;
    made = fetch->future; /* the fetch may be gone as soon as the thread has it */
    err = weft__http_submit(fetch);
    if (err == 0)
        *future = made;
    else
        weft__http_fetch_refuse(fetch);
    return err;
}

int weft_http_result(weft_future *future, weft_http_response *response, weft_time until)
{
    const void *bytes = NULL;
    size_t size = 0;
    int err = weft_future_view(future, &bytes, &size, until);

    if (err != 0)
        return err;
    if (!is_page(bytes, size))
        return weft__misuse(WEFT_EINVAL, "future %p: its result is not that of a fetch",
                            (void *)future);
    respond(response, bytes);
    return 0;
}

int weft_http_argument(weft_task *task, weft_http_response *response)
{
    if (!is_page(task->argument, task->size))
        return weft__misuse(WEFT_EINVAL, "task %s: its argument is not the result of a fetch",
                            task->name);
    respond(response, task->argument);
    return 0;
}

/* Until the future is done, or the caller was cancelled, or it is too late: then nobody fetches
 * any more. */
static int await(weft_future *future, const char *url, weft_time until)
{
    weft_time last = until < WEFT_FOREVER - SLACK ? until + SLACK : WEFT_FOREVER;
    int err = weft__future_await(future, last);
    char shown[WEFT__HTTP_SHOWN];

    if (err == 0 || !weft__future_withdraw(future))
        return 0; /* it got done just now */
    weft_text_printable(url, strlen(url), shown, sizeof(shown));
    if (err == WEFT_ECANCELED)
        return weft__fail(err, "http get %s: the caller was cancelled", shown);
    if (err == WEFT_ETIMEDOUT)
        return weft__fail(err, "http get %s: not done until the deadline", shown);
    return err;
}

int weft_http_get(weft_http_response *response, const char *url, const weft_http_options *options,
                  weft_time until)
{
    weft_future *future = NULL;
    int err;

    if (!response)
        return weft__fail(WEFT_EINVAL, "http get: no place for the response");
    if (weft__http_in_thread())
        return weft__misuse(WEFT_EDEADLK, "http get: called by the thread that would have to "
                                          "fetch, in a sink or a callback of a future");
    err = weft_http_get_async(&future, url, options, until);
    if (err != 0)
        return err;
    err = await(future, url, until);
    if (err == 0)
        err = weft_http_result(future, response, WEFT_FOREVER);
    if (err == 0)
        response->owned = future;
    else
        weft_future_release(future);
    return err;
}

void weft_http_response_close(weft_http_response *response)
{
    if (!response)
        return;
    if (response->owned)
        weft_future_release(response->owned);
    response->owned = NULL;
    response->body = NULL;
    response->size = 0;
}
