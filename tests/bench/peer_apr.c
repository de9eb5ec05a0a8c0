/* SPDX-License-Identifier: MIT */
/* APR: apr_queue, apr_thread_pool, apr_thread_mutex, apr_thread, apr_proc. */
#include "bench.h"

#include <stdio.h>
#include <stdlib.h>

#include <apr_general.h>
#include <apr_queue.h>
#include <apr_thread_mutex.h>
#include <apr_thread_pool.h>
#include <apr_thread_proc.h>
#include <apr_version.h>

#include "lock_loop.h"
#include "processes.h"

static const char *version(void)
{
    static char text[32];

    snprintf(text, sizeof(text), "APR %s", apr_version_string());
    return text;
}

static apr_pool_t *memory(void)
{
    static apr_pool_t *pool;

    if (pool == NULL)
        need(apr_initialize() == APR_SUCCESS && apr_pool_create(&pool, NULL) == APR_SUCCESS,
             "apr_pool_create");
    return pool;
}

static void *queue_create(size_t capacity, unsigned producers, unsigned consumers)
{
    apr_queue_t *queue;

    (void)producers;
    (void)consumers;
    need(apr_queue_create(&queue, (unsigned)capacity, memory()) == APR_SUCCESS, "apr_queue_create");
    return queue;
}

/* APR_EINTR: it woke, and another thread was faster. */
static void queue_put(void *queue, uint64_t first, uint64_t count)
{
    apr_status_t status;

    for (uint64_t item = first; item < first + count; item++) {
        do
            status = apr_queue_push(queue, (void *)(uintptr_t)item);
        while (status == APR_EINTR);
        need(status == APR_SUCCESS, "apr_queue_push");
    }
}

static uint64_t queue_get(void *queue, uint64_t count)
{
    uint64_t sum = 0;
    apr_status_t status;
    void *item;

    for (uint64_t i = 0; i < count; i++) {
        do
            status = apr_queue_pop(queue, &item);
        while (status == APR_EINTR);
        need(status == APR_SUCCESS, "apr_queue_pop");
        sum += (uint64_t)(uintptr_t)item;
    }
    return sum;
}

static void *pool_open(unsigned workers, uint64_t count)
{
    apr_thread_pool_t *pool;

    (void)count;
    need(apr_thread_pool_create(&pool, workers, workers, memory()) == APR_SUCCESS,
         "apr_thread_pool_create");
    return pool;
}

static void *APR_THREAD_FUNC empty_task(apr_thread_t *thread, void *context)
{
    (void)thread;
    (void)context;
    tally_add();
    return NULL;
}

static void pool_submit(void *pool, uint64_t count)
{
    for (uint64_t i = 0; i < count; i++)
        need(apr_thread_pool_push(pool, empty_task, NULL, APR_THREAD_TASK_PRIORITY_NORMAL, NULL) ==
                 APR_SUCCESS,
             "apr_thread_pool_push");
}

static void *lock_create(void)
{
    apr_thread_mutex_t *mutex;

    need(apr_thread_mutex_create(&mutex, APR_THREAD_MUTEX_DEFAULT, memory()) == APR_SUCCESS,
         "apr_thread_mutex_create");
    return mutex;
}

static void acquire(void *lock)
{
    apr_thread_mutex_lock(lock);
}

static void release(void *lock)
{
    apr_thread_mutex_unlock(lock);
}

static void pairs(void *lock, uint64_t count)
{
    lock_pairs(lock, acquire, release, count);
}

static void take_turns(void *lock, struct turns *mine)
{
    lock_turns(lock, acquire, release, mine);
}

struct thread {
    apr_pool_t *memory;
    apr_thread_t *thread;
    void (*body)(void *context);
    void *context;
};

static void *APR_THREAD_FUNC thread_run(apr_thread_t *self, void *argument)
{
    struct thread *thread = argument;

    (void)self;
    thread->body(thread->context);
    return NULL;
}

/* A pool of memory each, or all threads' memory would stay until the end. */
static void *thread_start(void (*body)(void *), void *context)
{
    apr_pool_t *own;
    struct thread *thread;

    need(apr_pool_create(&own, memory()) == APR_SUCCESS, "apr_pool_create");
    thread = apr_palloc(own, sizeof(*thread));
    *thread = (struct thread){own, NULL, body, context};
    need(apr_thread_create(&thread->thread, NULL, thread_run, thread, own) == APR_SUCCESS,
         "apr_thread_create");
    return thread;
}

static void thread_join(void *argument)
{
    struct thread *thread = argument;
    apr_status_t result;

    need(apr_thread_join(&result, thread->thread) == APR_SUCCESS, "apr_thread_join");
    apr_pool_destroy(thread->memory);
}

static int spawn(char **argv)
{
    apr_procattr_t *attributes;
    apr_exit_why_e why;
    apr_pool_t *pool;
    apr_proc_t child;
    int code;

    need(apr_pool_create(&pool, memory()) == APR_SUCCESS &&
             apr_procattr_create(&attributes, pool) == APR_SUCCESS &&
             apr_procattr_cmdtype_set(attributes, APR_PROGRAM_ENV) == APR_SUCCESS &&
             apr_proc_create(&child, argv[0], (const char *const *)argv, NULL, attributes, pool) ==
                 APR_SUCCESS &&
             apr_proc_wait(&child, &code, &why, APR_WAIT) == APR_CHILD_DONE,
         "apr_proc_create");
    apr_pool_destroy(pool);
    return APR_PROC_CHECK_EXIT(why) ? code : -1;
}

static const struct queue_calls queue_calls = {"apr_queue", queue_create, queue_put, queue_get};
static const struct pool_calls pool_calls = {"apr_thread_pool", pool_open, pool_submit, NULL};
static const struct lock_calls lock_calls = {"apr_thread_mutex", lock_create, pairs, take_turns};
static const struct thread_calls thread_calls = {"apr_thread", NULL, thread_start, thread_join};
static const struct spawn_calls spawn_calls = {"apr_proc_create", spawn};

const struct peer peer_apr = {
    .name = "apr",
    .kind = KIND_LIBRARY,
    .version = version,
    .queue = &queue_calls,
    .pool = &pool_calls,
    .lock = &lock_calls,
    .thread = &thread_calls,
    .spawn = &spawn_calls,
};
