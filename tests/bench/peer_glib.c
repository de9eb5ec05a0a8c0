/* SPDX-License-Identifier: MIT */
/* GLib: GAsyncQueue (which has no bound), GThreadPool, GMutex, GThread, g_spawn. */
#include "bench.h"

#include <stdlib.h>
#include <sys/wait.h>

#include <glib.h>

#include "lock_loop.h"
#include "processes.h"

static const char *version(void)
{
    static char text[32];

    g_snprintf(text, sizeof(text), "GLib %u.%u.%u", glib_major_version, glib_minor_version,
               glib_micro_version);
    return text;
}

static void *queue_create(size_t capacity, unsigned producers, unsigned consumers)
{
    (void)capacity;
    (void)producers;
    (void)consumers;
    return g_async_queue_new();
}

/* It carries pointers, but not NULL: an item is a number plus one. */
static void queue_put(void *queue, uint64_t first, uint64_t count)
{
    for (uint64_t item = first; item < first + count; item++)
        g_async_queue_push(queue, (void *)(uintptr_t)(item + 1));
}

static uint64_t queue_get(void *queue, uint64_t count)
{
    uint64_t sum = 0;

    for (uint64_t i = 0; i < count; i++)
        sum += (uint64_t)(uintptr_t)g_async_queue_pop(queue) - 1;
    return sum;
}

static void empty_task(void *data, void *context)
{
    (void)data;
    (void)context;
    tally_add();
}

static void *pool_open(unsigned workers, uint64_t count)
{
    GThreadPool *pool = g_thread_pool_new(empty_task, NULL, (int)workers, TRUE, NULL);

    (void)count;
    need(pool != NULL, "g_thread_pool_new");
    return pool;
}

static void pool_submit(void *pool, uint64_t count)
{
    for (uint64_t i = 0; i < count; i++)
        g_thread_pool_push(pool, (void *)(uintptr_t)(i + 1), NULL);
}

static void pool_finish(void *pool)
{
    g_thread_pool_free(pool, FALSE, TRUE);
}

static void *lock_create(void)
{
    static struct {
        char line_before[64];
        GMutex mutex;
        char line_after[64];
    } alone;

    return &alone.mutex;
}

static void acquire(void *lock)
{
    g_mutex_lock(lock);
}

static void release(void *lock)
{
    g_mutex_unlock(lock);
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
    GThread *thread;
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
    thread->thread = g_thread_new("bench", thread_run, thread);
    return thread;
}

static void thread_join(void *argument)
{
    struct thread *thread = argument;

    g_thread_join(thread->thread);
    free(thread);
}

/* With descriptors left open it need not fork. */
static int spawn(char **argv)
{
    GSpawnFlags flags = G_SPAWN_DO_NOT_REAP_CHILD | G_SPAWN_LEAVE_DESCRIPTORS_OPEN;
    GPid child;
    int status;

    need(g_spawn_async(NULL, argv, NULL, flags, NULL, NULL, &child, NULL) &&
             waitpid(child, &status, 0) == child,
         "g_spawn_async");
    g_spawn_close_pid(child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static const struct queue_calls queue_calls = {"GAsyncQueue, unbounded", queue_create, queue_put,
                                               queue_get};
static const struct pool_calls pool_calls = {"GThreadPool", pool_open, pool_submit, pool_finish};
static const struct lock_calls lock_calls = {"GMutex", lock_create, pairs, take_turns};
static const struct thread_calls thread_calls = {"GThread", NULL, thread_start, thread_join};
static const struct spawn_calls spawn_calls = {"g_spawn_async, descriptors left open", spawn};

const struct peer peer_glib = {
    .name = "glib",
    .kind = KIND_LIBRARY,
    .version = version,
    .queue = &queue_calls,
    .pool = &pool_calls,
    .lock = &lock_calls,
    .thread = &thread_calls,
    .spawn = &spawn_calls,
};
