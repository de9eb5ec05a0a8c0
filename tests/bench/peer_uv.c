/* SPDX-License-Identifier: MIT */
/* libuv: uv_queue_work, whose requests are the caller's memory, uv_mutex, uv_thread, uv_spawn. */
#include "bench.h"

#include <stdio.h>
#include <stdlib.h>

#include <uv.h>

#include "lock_loop.h"
#include "processes.h"

static const char *version(void)
{
    static char text[32];

    snprintf(text, sizeof(text), "libuv %s", uv_version_string());
    return text;
}

struct request {
    uv_work_t work;
    uint64_t number;
    uint64_t *sum;
};

static void *pool_open(unsigned workers, uint64_t count)
{
    struct request *requests = calloc(count, sizeof(*requests));
    char text[16];

    need(requests != NULL, "malloc");
    snprintf(text, sizeof(text), "%u", workers);
    setenv("UV_THREADPOOL_SIZE", text, 1);
    return requests;
}

static void empty_task(uv_work_t *work)
{
    (void)work;
    tally_add();
}

static void pool_submit(void *pool, uint64_t count)
{
    struct request *requests = pool;

    for (uint64_t i = 0; i < count; i++)
        need(uv_queue_work(uv_default_loop(), &requests[i].work, empty_task, NULL) == 0,
             "uv_queue_work");
}

static void pool_finish(void *pool)
{
    (void)pool;
    uv_run(uv_default_loop(), UV_RUN_DEFAULT);
}

static void next_number(uv_work_t *work)
{
    struct request *request = work->data;

    request->number++;
}

static void add_up(uv_work_t *work, int status)
{
    struct request *request = work->data;

    if (status == 0)
        *request->sum += request->number;
}

static uint64_t pool_results(void *pool, uint64_t count)
{
    struct request *requests = pool;
    uint64_t sum = 0;

    for (uint64_t i = 0; i < count; i++) {
        requests[i].work.data = &requests[i];
        requests[i].number = i;
        requests[i].sum = &sum;
        need(uv_queue_work(uv_default_loop(), &requests[i].work, next_number, add_up) == 0,
             "uv_queue_work");
    }
    uv_run(uv_default_loop(), UV_RUN_DEFAULT);
    return sum;
}

static void *lock_create(void)
{
    static struct {
        char line_before[64];
        uv_mutex_t mutex;
        char line_after[64];
    } alone;

    need(uv_mutex_init(&alone.mutex) == 0, "uv_mutex_init");
    return &alone.mutex;
}

static void acquire(void *lock)
{
    uv_mutex_lock(lock);
}

static void release(void *lock)
{
    uv_mutex_unlock(lock);
}

static void pairs(void *lock, uint64_t count)
{
    lock_pairs(lock, acquire, release, count);
}

static void take_turns(void *lock, struct turns *mine)
{
    lock_turns(lock, acquire, release, mine);
}

static void *thread_start(void (*body)(void *), void *context)
{
    uv_thread_t *thread = malloc(sizeof(*thread));

    need(thread != NULL && uv_thread_create(thread, body, context) == 0, "uv_thread_create");
    return thread;
}

static void thread_join(void *thread)
{
    uv_thread_join(thread);
    free(thread);
}

static void note_code(uv_process_t *process, int64_t code, int signal)
{
    *(int *)process->data = signal == 0 ? (int)code : -1;
    uv_close((uv_handle_t *)process, NULL);
}

static int spawn(char **argv)
{
    uv_process_options_t options = {.exit_cb = note_code, .file = argv[0], .args = argv};
    int code = -1;
    uv_process_t process = {.data = &code};

    need(uv_spawn(uv_default_loop(), &process, &options) == 0, "uv_spawn");
    uv_run(uv_default_loop(), UV_RUN_DEFAULT);
    return code;
}

static const struct pool_calls pool_calls = {"uv_queue_work", pool_open, pool_submit, pool_finish};
static const struct result_calls result_calls = {"uv_queue_work + callback", pool_open,
                                                 pool_results};
static const struct lock_calls lock_calls = {"uv_mutex", lock_create, pairs, take_turns};
static const struct thread_calls thread_calls = {"uv_thread", NULL, thread_start, thread_join};
static const struct spawn_calls spawn_calls = {"uv_spawn", spawn};

const struct peer peer_uv = {
    .name = "libuv",
    .kind = KIND_LIBRARY,
    .version = version,
    .pool = &pool_calls,
    .result = &result_calls,
    .lock = &lock_calls,
    .thread = &thread_calls,
    .spawn = &spawn_calls,
};
