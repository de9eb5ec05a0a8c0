/* SPDX-License-Identifier: MIT */
/* The naive pool: a list of allocated tasks under a mutex and a condition; a mutex and a
 * condition per future. */
#include "bench.h"

#include <pthread.h>
#include <stdlib.h>

struct task {
    struct task *next;
    void (*run)(uint64_t argument, void *future);
    uint64_t argument;
    void *future;
};

struct pool {
    pthread_mutex_t mutex; /* guards all below */
    pthread_cond_t more, done;
    struct task *first, **end;
    uint64_t left; /* tasks that have not ended */
};

static void *work(void *argument)
{
    struct pool *pool = argument;

    pthread_mutex_lock(&pool->mutex);
    for (;;) {
        struct task *task;
        while (pool->first == NULL)
            pthread_cond_wait(&pool->more, &pool->mutex);
        task = pool->first;
        pool->first = task->next;
        if (pool->first == NULL)
            pool->end = &pool->first;
        pthread_mutex_unlock(&pool->mutex);
        task->run(task->argument, task->future);
        free(task);
        pthread_mutex_lock(&pool->mutex);
        if (--pool->left == 0)
            pthread_cond_signal(&pool->done);
    }
    return NULL;
}

static void *pool_open(unsigned workers, uint64_t count)
{
    struct pool *pool = calloc(1, sizeof(*pool));

    (void)count;
    need(pool != NULL, "malloc");
    pthread_mutex_init(&pool->mutex, NULL);
    pthread_cond_init(&pool->more, NULL);
    pthread_cond_init(&pool->done, NULL);
    pool->end = &pool->first;
    for (unsigned i = 0; i < workers; i++) {
        pthread_t thread;
        need(pthread_create(&thread, NULL, work, pool) == 0, "pthread_create");
    }
    return pool;
}

static void submit(struct pool *pool, void (*run)(uint64_t, void *), uint64_t argument,
                   void *future)
{
    struct task *task = malloc(sizeof(*task));

    need(task != NULL, "malloc");
    *task = (struct task){NULL, run, argument, future};
    pthread_mutex_lock(&pool->mutex);
    *pool->end = task;
    pool->end = &task->next;
    pool->left++;
    pthread_cond_signal(&pool->more);
    pthread_mutex_unlock(&pool->mutex);
}

static void empty_task(uint64_t argument, void *future)
{
    (void)argument;
    (void)future;
    tally_add();
}

static void pool_submit(void *pool, uint64_t count)
{
    for (uint64_t i = 0; i < count; i++)
        submit(pool, empty_task, i, NULL);
}

static void pool_finish(void *argument)
{
    struct pool *pool = argument;

    pthread_mutex_lock(&pool->mutex);
    while (pool->left > 0)
        pthread_cond_wait(&pool->done, &pool->mutex);
    pthread_mutex_unlock(&pool->mutex);
}

struct future {
    pthread_mutex_t mutex;
    pthread_cond_t done;
    int is_done;
    uint64_t result;
};

static void next_number(uint64_t argument, void *context)
{
    struct future *future = context;

    pthread_mutex_lock(&future->mutex);
    future->result = argument + 1;
    future->is_done = 1;
    pthread_cond_signal(&future->done);
    pthread_mutex_unlock(&future->mutex);
}

static uint64_t pool_results(void *pool, uint64_t count)
{
    struct future *futures = malloc(count * sizeof(*futures));
    uint64_t sum = 0;

    need(futures != NULL, "malloc");
    for (uint64_t i = 0; i < count; i++) {
        futures[i] =
            (struct future){.mutex = PTHREAD_MUTEX_INITIALIZER, .done = PTHREAD_COND_INITIALIZER};
        submit(pool, next_number, i, &futures[i]);
    }
    for (uint64_t i = 0; i < count; i++) {
        struct future *future = &futures[i];
        pthread_mutex_lock(&future->mutex);
        while (!future->is_done)
            pthread_cond_wait(&future->done, &future->mutex);
        sum += future->result;
        pthread_mutex_unlock(&future->mutex);
    }
    pool_finish(pool); /* the last task is done with its future */
    free(futures);
    return sum;
}

static const struct pool_calls pool_calls = {"mutex + condition, list of tasks", pool_open,
                                             pool_submit, pool_finish};
static const struct result_calls result_calls = {"mutex + condition per future", pool_open,
                                                 pool_results};

const struct peer peer_pthread_pool = {
    .name = "pthread",
    .kind = KIND_NAIVE,
    .pool = &pool_calls,
    .result = &result_calls,
};
