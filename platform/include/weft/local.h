/* SPDX-License-Identifier: MIT */
#ifndef WEFT_LOCAL_H
#define WEFT_LOCAL_H

/*
 * Thread-local storage with destructors.
 *
 *     static weft_local connection;
 *     CHECK(weft_local_create(&connection, close_connection));
 *     weft_local_set(&connection, c);    // this thread's; closed when it ends
 */

#include <stdint.h>

#include "compiler.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct weft_local {
    uint64_t key; /* written by create and close; 0: not created */
} weft_local;

/**
 * A variable of which every thread has its own, NULL at first.
 *
 * @param local       receives the key; the same on success only
 * @param destructor  called with the value, if not NULL, in each thread that
 *                    ends; NULL: none. The main thread runs none at exit().
 * @return 0; WEFT_ELIMIT: the system has no key left (at least 64 are there)
 *
 * Threads: any.   Python: threading.local.
 */
WEFT_MUST_CHECK int weft_local_create(weft_local *local, void (*destructor)(void *value));

/** The calling thread's value, or NULL. Threads: any. */
void *weft_local_get(const weft_local *local);

/** Sets the calling thread's value. 0; WEFT_ENOMEM; WEFT_EINVAL: not created. Threads: any. */
int weft_local_set(const weft_local *local, void *value);

/** The key is free; values left in threads are not destroyed. Threads: when no other uses it. */
void weft_local_close(weft_local *local);

#ifdef __cplusplus
}
#endif

#endif
