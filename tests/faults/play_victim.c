/* SPDX-License-Identifier: MIT */
/*
 * A child uses a mutex, a queue or a pipe over and over, and is killed at some instruction.
 * Then this process uses it, too: it must be free, whole, and work.
 */
#include <string.h>

#include "faults.h"
#include "play.h"
#include "system.h"
#include "weft/arena.h"
#include "weft/atomic.h"
#include "weft/error.h"
#include "weft/process.h"
#include "weft/shared.h"
#include "weft/shared_pipe.h"
#include "weft/shared_queue.h"

enum { ROUNDS = 50, ITEM_MOST = 40 };

const char *const play_names[PLAY_KINDS] = {"mutex", "put", "get", "pipe"};

/* In the arena. */
struct scene {
    enum play_kind kind;
    weft_shared_mutex mutex;
    weft_shared_queue queue;
    weft_shared_pipe here, there;
    weft_atomic_u32 one, two; /* raised together under the mutex; relaxed */
    weft_atomic_u32 reached;  /* the last item that the victim has put or got, release */
};

/* Item n is n mod ITEM_MOST + 1 bytes of that number. */
static size_t item_of(uint32_t n, unsigned char *item)
{
    size_t size = n % ITEM_MOST + 1;

    memset(item, (int)(n & 0xFF), size);
    return size;
}

static bool is_item(uint32_t n, const unsigned char *item, size_t size)
{
    unsigned char right[ITEM_MOST];

    return item_of(n, right) == size && memcmp(item, right, size) == 0;
}

/* ---- the victim ----------------------------------------------------------------------- */

static int use(struct scene *scene, uint32_t n)
{
    unsigned char item[ITEM_MOST];
    size_t size = item_of(n, item);
    int err;

    switch (scene->kind) {
    case PLAY_MUTEX:
        err = weft_shared_mutex_acquire(scene->mutex, WEFT_FOREVER);
        weft_fetch_add_u32(&scene->one, 1, WEFT_RELAXED);
        weft_fetch_add_u32(&scene->two, 1, WEFT_RELAXED);
        return err != 0 ? err : weft_shared_mutex_release(scene->mutex);
    case PLAY_PUT:
        return weft_shared_queue_put(scene->queue, item, size, WEFT_FOREVER);
    case PLAY_GET:
        return weft_shared_queue_get(scene->queue, item, sizeof(item), &size, WEFT_FOREVER);
    default:
        return weft_shared_pipe_send(scene->there, item, size, WEFT_FOREVER);
    }
}

static int be_victim(weft_task *task)
{
    struct scene *scene = weft_shared_pointer(WEFT_ARG(task, weft_offset));

    for (uint32_t n = 1; n <= ROUNDS; n++) {
        int err;

        if (n == 2) /* by now it is the user of its end of the pipe */
            system_mark();
        err = use(scene, n);
        if (err != 0)
            return err;
        weft_store_u32(&scene->reached, n, WEFT_RELEASE);
    }
    return 0;
}

/* ---- the survivor ------------------------------------------------------------------------ */

static int look_at_mutex(struct scene *scene)
{
    int err = weft_shared_mutex_acquire(scene->mutex, FAULT_PATIENCE);
    bool same = weft_load_u32(&scene->one, WEFT_RELAXED) ==
                weft_load_u32(&scene->two, WEFT_RELAXED);

    if (err == WEFT_ETIMEDOUT)
        return PLAY_NEVER;
    if (err == 0 && same)
        return weft_shared_mutex_release(scene->mutex) == 0 ? PLAY_RIGHT : PLAY_WRONG;
    if (err != WEFT_EOWNERDEAD || weft_shared_mutex_consistent(scene->mutex) != 0 ||
        weft_shared_mutex_release(scene->mutex) != 0 ||
        weft_shared_mutex_acquire(scene->mutex, WEFT_NOW) != 0)
        return PLAY_WRONG;
    return PLAY_TOLD;
}

/* Everything that is there, from item `next` on, and then one more, in and out again. */
static int look_at_queue(struct scene *scene, uint32_t next, uint32_t end)
{
    unsigned char item[ITEM_MOST];
    size_t size = 0;
    int err;

    while ((err = weft_shared_queue_get(scene->queue, item, sizeof(item), &size, WEFT_NOW)) == 0)
        if (!is_item(next++, item, size))
            return PLAY_WRONG;
    if (err != WEFT_ETIMEDOUT || next < end)
        return PLAY_WRONG;
    err = weft_shared_queue_put(scene->queue, "?", 1, FAULT_PATIENCE);
    if (err == 0)
        err = weft_shared_queue_get(scene->queue, item, 1, NULL, FAULT_PATIENCE);
    if (err == WEFT_ETIMEDOUT)
        return PLAY_NEVER;
    return err == 0 && item[0] == '?' ? PLAY_RIGHT : PLAY_WRONG;
}

/* It was getting: it may have taken one more than it has told. */
static int look_at_rest(struct scene *scene)
{
    uint32_t next = weft_load_u32(&scene->reached, WEFT_ACQUIRE) + 1;
    unsigned char item[ITEM_MOST];
    size_t size = 0;
    int err = weft_shared_queue_get(scene->queue, item, sizeof(item), &size, FAULT_PATIENCE);

    if (err == WEFT_ETIMEDOUT)
        return PLAY_NEVER;
    if (err != 0)
        return PLAY_WRONG;
    if (!is_item(next, item, size) && !is_item(++next, item, size))
        return PLAY_WRONG;
    return look_at_queue(scene, next + 1, 2 * ROUNDS + 1);
}

static int look_at_pipe(struct scene *scene)
{
    uint32_t told = weft_load_u32(&scene->reached, WEFT_ACQUIRE), next = 1;
    unsigned char item[ITEM_MOST];
    size_t size = 0;
    int err;

    while ((err = weft_shared_pipe_receive(scene->here, item, sizeof(item), &size,
                                           FAULT_PATIENCE)) == 0)
        if (!is_item(next++, item, size))
            return PLAY_WRONG;
    if (err == WEFT_ETIMEDOUT)
        return PLAY_NEVER;
    return err == WEFT_ECLOSED && next > told ? PLAY_RIGHT : PLAY_WRONG;
}

static int look(struct scene *scene)
{
    switch (scene->kind) {
    case PLAY_MUTEX:
        return look_at_mutex(scene);
    case PLAY_PUT:
        return look_at_queue(scene, 1, weft_load_u32(&scene->reached, WEFT_ACQUIRE) + 1);
    case PLAY_GET:
        return look_at_rest(scene);
    default:
        return look_at_pipe(scene);
    }
}

/* ---- both ------------------------------------------------------------------------------- */

static int prepare(struct scene *scene, const char *name)
{
    unsigned char item[ITEM_MOST];
    int err = weft_shared_mutex_create(&scene->mutex);

    while (scene->kind < PLAY_KINDS && strcmp(play_names[scene->kind], name) != 0)
        scene->kind++;
    if (err == 0)
        err = weft_shared_queue_create(&scene->queue, NULL);
    if (err == 0)
        err = weft_shared_pipe_create(&scene->here, &scene->there, 0);
    for (uint32_t n = 1; n <= 2 * ROUNDS && err == 0 && scene->kind == PLAY_GET; n++)
        err = weft_shared_queue_put(scene->queue, item, item_of(n, item), WEFT_NOW);
    return err;
}

int play_victim(const char *argument)
{
    struct scene *scene;
    weft_process *victim;
    weft_time died;
    weft_offset at;
    int code, ms;

    if (weft_shared_alloc(&at, sizeof(*scene)) != 0)
        return PLAY_WRONG;
    scene = weft_shared_pointer(at);
    if (prepare(scene, argument) != 0 ||
        weft_process_start(&victim, be_victim, &at, sizeof(at)) != 0 ||
        weft_process_join(victim, FAULT_PATIENCE) != 0)
        return PLAY_WRONG;
    died = weft_clock();
    code = look(scene);
    ms = (int)((weft_clock() - died) / WEFT_MS(1));
    if (code < PLAY_RIGHT)
        return code;
    return code + (ms < 49 ? ms : 49);
}
