/* SPDX-License-Identifier: MIT */
#ifndef WEFT_BENCH_PTHREAD_THREAD_H
#define WEFT_BENCH_PTHREAD_THREAD_H

/* thread_calls of POSIX, for the peers that differ only in where their threads run. */

#include <pthread.h>
#include <stdlib.h>

#include "bench.h"

struct thread {
    pthread_t id;
    void (*body)(void *context);
    void *context;
};

static void *thread_run(void *argument)
{
    struct thread *thread = argument;

    thread->body(thread->context);
    return NULL;
}

static void *thread_start(void (*body)(void *), void *context)
{
    struct thread *thread = malloc(sizeof(*thread));

    need(thread != NULL, "malloc");
    thread->body = body;
    thread->context = context;
    need(pthread_create(&thread->id, NULL, thread_run, thread) == 0, "pthread_create");
    return thread;
}

static void thread_join(void *argument)
{
    struct thread *thread = argument;

    pthread_join(thread->id, NULL);
    free(thread);
}

#endif
