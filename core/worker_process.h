/* SPDX-License-Identifier: MIT */
#ifndef WEFT_WORKER_PROCESS_H
#define WEFT_WORKER_PROCESS_H

/* A worker process seen from inside. */

#include "weft/cancel.h"
#include "weft/mutex.h"
#include "worker.h"

struct weft__worker_process {
    struct weft__channel *channel;
    struct weft__bell *bell;
    weft_cancel token;         /* what each task runs under, one after the other */
    weft_mutex asking;         /* guards changes of the token: worker_ask.c */
    weft_atomic_u32 attention; /* 1: the token may have been changed since a task began */
    bool over;                 /* never: its process ends with it */
    uint32_t next;             /* position; this and the rest are the main thread's */
    uint32_t rung;             /* the number that it has rung for */
    uint32_t count;            /* tasks run */
    uint32_t took;             /* ns, by the last one that was measured */
    uint32_t untold;           /* ns, about, since the parent was told of a result; 0: it was */
    weft__function_ref known;  /* of the program itself, where it is always the same */
    weft_function *function;   /* NULL: none is known */
};

#endif
