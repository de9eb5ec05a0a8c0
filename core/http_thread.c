/* SPDX-License-Identifier: MIT */
/*
 * One thread fetches everything: it drives a multi handle of libcurl, which it owns.
 *
 * `mutex` guards what others touch: the lists of fetches that are new and of those that were
 * cancelled, and whether the thread is there. Who adds to them wakes curl_multi_poll(). All
 * other fields of a fetch, the hosts (http_host.c), the heap of deadlines and every call into
 * libcurl with a handle of a fetch are the thread's.
 *
 * A future is pending while its fetch waits or runs, so anybody can cancel it. Who ends it is
 * settled by weft__future_begin(): if the thread wins, it finishes the future and frees the
 * fetch. If somebody cancelled it, that thread's callback puts the fetch on the list, and the
 * fetch lives until it was seen there; its transfer ends at whichever comes first.
 *
 * The thread starts with the first fetch and stays LINGER after the last, with its connections.
 * Once `multi` is NULL it touches nothing of others' any more. At the end of the program it is
 * joined: libraries below libcurl have something of each thread, and free it when that ends.
 */
#include "http_fetch.h"

#include <weft/error.h>
#include <weft/mutex.h>
#include <weft/thread.h>

#include "internal.h"

#define LINGER WEFT_S(5)

enum { IDLE_CONNECTIONS = 100 };

static struct {
    weft_mutex mutex;    /* guards everything up to `live` */
    CURLM *multi;        /* NULL: no thread looks at the lists. Its handles are the thread's */
    weft_thread *thread; /* NULL: there is none, or it has ended or is joined by somebody */
    struct weft__http_fetch *incoming, **incoming_last;
    struct weft__http_fetch *cancelled;
    unsigned hasty; /* who waits in weft__http_end() */
    size_t live;    /* fetches that the thread knows and has not freed. The thread's, as: */
    weft__timer_heap deadlines; /* of all that have not ended */
    uint64_t entered;           /* fetches ever: numbers deadlines */
} http;

static WEFT_THREAD_LOCAL bool is_http_thread;

bool weft__http_in_thread(void)
{
    return is_http_thread;
}

/* ---- the end of a fetch ---------------------------------------------------------- */

/* It is libcurl's and its host's no more. */
static void detach(struct weft__http_fetch *fetch)
{
    if (fetch->ended)
        return;
    fetch->ended = true;
    if (fetch->active)
        (void)curl_multi_remove_handle(http.multi, fetch->easy);
    weft__http_host_leave(fetch);
    weft__timer_heap_remove(&http.deadlines, &fetch->deadline);
}

static void release(struct weft__http_fetch *fetch)
{
    detach(fetch);
    weft__http_fetch_free(fetch);
    http.live--;
}

/* With the result in `page`, or with the error that the thread has just seen. */
static void finish(struct weft__http_fetch *fetch, int err, size_t size)
{
    detach(fetch);
    if (!weft__future_begin(fetch->future)) {
        weft__http_body_drop(fetch);
        return; /* it was cancelled, and comes by the list */
    }
    fetch->begun = true;
    if (err == 0) {
        weft__future_keep_block(fetch->future, fetch->page, size);
        fetch->page = NULL;
    }
    weft__http_body_drop(fetch); /* nothing is left of it when others hear of its end */
    weft__future_finish(fetch->future, err, weft_last_error());
    release(fetch);
}

/* The future is done. Called by who cancels it, or by the thread in finish(). */
static void on_done(weft_future *future, void *context)
{
    struct weft__http_fetch *fetch = context;

    (void)future;
    if (is_http_thread && fetch->begun)
        return;
    weft_mutex_acquire(&http.mutex, WEFT_FOREVER);
    fetch->next_cancelled = http.cancelled;
    http.cancelled = fetch;
    if (http.multi)
        (void)curl_multi_wakeup(http.multi);
    weft_mutex_release(&http.mutex);
}

/* ---- the thread ------------------------------------------------------------------ */

static void enter(struct weft__http_fetch *fetch)
{
    int err = weft__http_host_enter(fetch);

    http.live++;
    fetch->deadline.at = fetch->until;
    fetch->deadline.number = http.entered++;
    fetch->deadline.context = fetch;
    weft__timer_heap_add(&http.deadlines, &fetch->deadline);
    if (err != 0)
        finish(fetch, err, 0);
}

/* Takes what others have left. A fetch comes in before it can be cancelled here. True: somebody
 * wants the end of the thread. */
static bool take_lists(void)
{
    struct weft__http_fetch *incoming, *cancelled;
    bool hasty;

    weft_mutex_acquire(&http.mutex, WEFT_FOREVER);
    hasty = http.hasty > 0;
    incoming = http.incoming;
    cancelled = http.cancelled;
    http.incoming = NULL;
    http.incoming_last = &http.incoming;
    http.cancelled = NULL;
    weft_mutex_release(&http.mutex);
    while (incoming) {
        struct weft__http_fetch *next = incoming->next;

        enter(incoming);
        incoming = next;
    }
    while (cancelled) {
        struct weft__http_fetch *next = cancelled->next_cancelled;

        release(cancelled);
        cancelled = next;
    }
    return hasty;
}

static void begin_those_whose_turn_it_is(void)
{
    struct weft__http_fetch *fetch;
    CURLMcode code;

    while ((fetch = weft__http_host_next())) {
        code = curl_multi_add_handle(http.multi, fetch->easy);
        if (code != CURLM_OK)
            finish(fetch,
                   weft__fail(code == CURLM_OUT_OF_MEMORY ? WEFT_ENOMEM : WEFT_ESYSTEM,
                              "http get %s: %s", fetch->shown_url, curl_multi_strerror(code)),
                   0);
    }
}

static void end_those_that_are_late(void)
{
    while (http.deadlines.root && http.deadlines.root->at <= weft_clock()) {
        struct weft__http_fetch *fetch = http.deadlines.root->context;

        finish(fetch, weft__http_fail_late(fetch), 0);
    }
}

static void end_all(void)
{
    while (http.deadlines.root) {
        struct weft__http_fetch *fetch = http.deadlines.root->context;

        finish(fetch, weft__fail(WEFT_ECANCELED, "http get %s: the program ends", fetch->shown_url),
               0);
    }
}

static void end_those_that_are_done(void)
{
    CURLMsg *message;
    int left;

    while ((message = curl_multi_info_read(http.multi, &left))) {
        struct weft__http_fetch *fetch = NULL;
        CURLcode code = message->data.result; /* of a handle that goes in a moment */
        size_t size = 0;
        int err = 0;

        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&fetch);
        if (code != CURLE_OK || weft__http_body_end(fetch, &size) != 0)
            err = weft__http_fail(fetch, code);
        finish(fetch, err, size);
    }
}

/* Until there is something to do, but not beyond `until`. */
static void sleep_in_curl(weft_time until)
{
    weft_time first = http.deadlines.root ? http.deadlines.root->at : WEFT_FOREVER;

    (void)curl_multi_poll(http.multi, NULL, 0,
                          (int)weft__ms_until(first < until ? first : until, 60000), NULL);
}

/* Whether the thread has to end: then the next fetch starts another. */
static bool is_over(weft_time *leave)
{
    CURLM *multi = http.multi;
    weft_thread *self = NULL;
    bool over;

    if (http.live > 0)
        *leave = WEFT_FOREVER;
    else if (*leave == WEFT_FOREVER)
        *leave = weft_in(LINGER);
    weft_mutex_acquire(&http.mutex, WEFT_FOREVER);
    over = http.live == 0 && !http.incoming && !http.cancelled &&
           (http.hasty > 0 || weft_clock() >= *leave);
    if (over)
        http.multi = NULL;
    if (over && http.hasty == 0) { /* nobody joins it */
        self = http.thread;
        http.thread = NULL;
    }
    weft_mutex_release(&http.mutex);
    if (over)
        (void)curl_multi_cleanup(multi); /* says goodbye to servers: not under the mutex */
    (void)weft_thread_detach(self);
    return over;
}

static int run_fetches(weft_task *task)
{
    weft_time leave = WEFT_FOREVER; /* when; not yet known while there are fetches */
    int handles;

    (void)task;
    is_http_thread = true;
    while (!is_over(&leave)) {
        sleep_in_curl(leave);
        if (take_lists())
            end_all();
        begin_those_whose_turn_it_is();
        (void)curl_multi_perform(http.multi, &handles);
        end_those_that_are_done();
        end_those_that_are_late();
        begin_those_whose_turn_it_is(); /* in places that are vacant now */
    }
    return 0;
}

/* ---- for others ------------------------------------------------------------------ */

static int start_thread_locked(void)
{
    const weft_thread_options options = {.name = "weft-http", .daemon = true};
    int err;

    if (http.multi)
        return 0;
    http.multi = curl_multi_init();
    if (!http.multi)
        return weft__fail(WEFT_ENOMEM, "http: no memory for libcurl");
    (void)curl_multi_setopt(http.multi, CURLMOPT_MAXCONNECTS, (long)IDLE_CONNECTIONS);
    http.incoming_last = &http.incoming;
    (void)weft_thread_detach(http.thread); /* of one that nobody waited for long enough */
    http.thread = NULL;
    err = weft_thread_start_with(&http.thread, run_fetches, NULL, 0, &options);
    if (err == 0)
        return 0;
    (void)curl_multi_cleanup(http.multi);
    http.multi = NULL;
    return err;
}

int weft__http_submit(struct weft__http_fetch *fetch)
{
    int err;

    weft_mutex_acquire(&http.mutex, WEFT_FOREVER);
    err = start_thread_locked();
    if (err == 0)
        err = weft_future_on_done(fetch->future, on_done, fetch);
    if (err == 0) {
        *http.incoming_last = fetch;
        http.incoming_last = &fetch->next;
        (void)curl_multi_wakeup(http.multi);
    }
    weft_mutex_release(&http.mutex);
    return err;
}

int weft__http_end(weft_time until)
{
    weft_thread *thread;
    int err = 0;

    weft_mutex_acquire(&http.mutex, WEFT_FOREVER);
    http.hasty++;
    thread = http.thread;
    http.thread = NULL;
    if (http.multi)
        (void)curl_multi_wakeup(http.multi);
    weft_mutex_release(&http.mutex);
    if (thread)
        err = weft_thread_join(thread, until);
    weft_mutex_acquire(&http.mutex, WEFT_FOREVER);
    http.hasty--;
    if (err != 0 && http.thread)
        (void)weft_thread_detach(thread); /* there is another one already */
    else if (err != 0)
        http.thread = thread;
    weft_mutex_release(&http.mutex);
    return err;
}
