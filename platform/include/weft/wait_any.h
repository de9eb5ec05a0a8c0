/* SPDX-License-Identifier: MIT */
#ifndef WEFT_WAIT_ANY_H
#define WEFT_WAIT_ANY_H

/*
 * Waiting for the first of several things.
 *
 *     const weft_waitable things[] = {
 *         weft_event_waitable(&stop), weft_queue_waitable(jobs), weft_future_waitable(page)};
 *     size_t which;
 *     CHECK(weft_wait_any(things, 3, &which, weft_in(WEFT_S(1))));
 *
 * Waiting takes nothing: the queue still has its item, which another thread may get
 * first. Ask the object with WEFT_NOW afterwards.
 */

#include <stdbool.h>
#include <stddef.h>

#include "atomic.h"
#include "compiler.h"
#include "time.h"

#ifdef __cplusplus
extern "C" {
#endif

enum weft_poll {
    WEFT_POLL_BEGIN, /* somebody is about to wait: from now on changes must wake */
    WEFT_POLL_ASK,   /* ready? if not: *word is slept on while it holds *seen */
    WEFT_POLL_END    /* nobody waits any more */
};

/* True: ready (WEFT_POLL_ASK), or it cannot be waited for: *seen is the error's code then, and
 * weft_last_error() says why (WEFT_POLL_BEGIN). An object that is not ready must change the word
 * and weft_wake() it when it gets ready. */
typedef bool weft_poll_function(void *object, enum weft_poll what, weft_atomic_u32 **word,
                                uint32_t *seen);

/* A plain value, made by weft_event_waitable(), weft_queue_waitable(), weft_future_waitable(),
 * weft_thread_waitable(), weft_process_waitable(), weft_socket_waitable() and
 * weft_poller_waitable(). */
typedef struct weft_waitable {
    void *object;
    weft_poll_function *poll;
} weft_waitable;

/**
 * One of the objects is ready: an event is set, a queue has an item or is shut down, a
 * future is done, a thread or process has ended, a socket is readable or writable.
 *
 * @param objects  `count` of them; each must live until the call returns
 * @param index    receives the place of the first in the array that is ready
 * @param until    absolute, monotonic ns; WEFT_NOW, WEFT_FOREVER, weft_in()
 * @return 0; WEFT_ETIMEDOUT; WEFT_ECANCELED; WEFT_ENOMEM; WEFT_EINVAL: count is 0;
 *         WEFT_ELIMIT, WEFT_ESYSTEM: sockets cannot be watched
 *
 * Threads: any.   Windows: WaitForMultipleObjects, without its limit of 64. Python:
 * multiprocessing.connection.wait is nearest.
 */
WEFT_MUST_CHECK int weft_wait_any(const weft_waitable *objects, size_t count, size_t *index,
                                  weft_time until);

#ifdef __cplusplus
}
#endif

#endif
