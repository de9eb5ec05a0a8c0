/* SPDX-License-Identifier: MIT */
/*
 * Task blocks of a pool of threads: cut from slabs, used again, freed with the pool.
 *
 * Workers collect used blocks and give them back when they take the mutex for new tasks
 * anyway, so a task costs no call of the allocator and no lock of its own. A future may
 * outlive its pool: the pool's memory goes when the last block has come back.
 */
#include <stdint.h>
#include <string.h>

#include "thread_pool.h"
#include "weft/error.h"
#include "weft/fault.h"
#include "weft/memory.h"

struct weft__slab {
    struct weft__slab *next; /* the blocks follow, on a cache line */
};

/* Room for `wanted` more unused blocks; the mutex is released meanwhile. */
static int make_room_locked(struct weft__thread_pool *pool, size_t wanted)
{
    size_t room = 2 * (pool->blocks + wanted);
    weft_future **unused, **before;

    if (pool->blocks + wanted <= pool->unused_room)
        return 0;
    weft_mutex_release(&pool->mutex);
    unused = weft_alloc(room * sizeof(weft_future *));
    weft_mutex_acquire(&pool->mutex, WEFT_FOREVER);
    if (!unused)
        return WEFT_ENOMEM;
    before = unused;
    if (room > pool->unused_room) { /* nobody else was faster */
        if (pool->unused_count > 0)
            memcpy(unused, pool->unused, pool->unused_count * sizeof(weft_future *));
        before = pool->unused;
        pool->unused = unused;
        pool->unused_room = room;
    }
    weft_free(before);
    return pool->blocks + wanted <= pool->unused_room ? 0 : make_room_locked(pool, wanted);
}

int weft__thread_block_grow_locked(struct weft__thread_pool *pool)
{
    const size_t line = 64;
    struct weft__slab *slab;
    uintptr_t start;

    weft_mutex_release(&pool->mutex);
    slab = weft_alloc(sizeof(*slab) + line + WEFT__SLAB * sizeof(weft_future));
    weft_mutex_acquire(&pool->mutex, WEFT_FOREVER);
    if (!slab || make_room_locked(pool, WEFT__SLAB) != 0) {
        weft_free(slab);
        return WEFT_ENOMEM;
    }
    slab->next = pool->slabs;
    pool->slabs = slab;
    pool->blocks += WEFT__SLAB;
    start = ((uintptr_t)(slab + 1) + line - 1) / line * line;
    for (size_t i = WEFT__SLAB; i-- > 0;) {
        weft_future *block = (weft_future *)start + i;

        block->executor = &pool->base;
        pool->unused[pool->unused_count++] = block;
    }
    return 0;
}

weft_future *weft__thread_block_take_locked(struct weft__thread_pool *pool)
{
    weft_future *block;

    if (pool->unused_count == 0)
        return NULL;
    block = pool->unused[--pool->unused_count];
    if (pool->unused_count > 0) /* a worker wrote it last: its line is on another CPU */
        WEFT_PREFETCH(pool->unused[pool->unused_count - 1]);
    pool->blocks_out++;
    return block;
}

void weft__thread_block_return_locked(struct weft__worker *worker)
{
    struct weft__thread_pool *pool = worker->pool;

    for (unsigned i = 0; i < worker->used_count; i++)
        pool->unused[pool->unused_count++] = worker->used[i];
    pool->blocks_out -= worker->used_count;
    worker->used_count = 0;
}

static void destroy(struct weft__thread_pool *pool)
{
    while (pool->slabs) {
        struct weft__slab *next = pool->slabs->next;

        weft_free(pool->slabs);
        pool->slabs = next;
    }
    for (int level = 0; level < WEFT__LEVELS; level++)
        weft_free(pool->rings[level].places);
    weft_free(pool->unused);
    weft_free(pool->memory);
}

void weft__thread_pool_free(struct weft__thread_pool *pool)
{
    bool last;

    weft_mutex_acquire(&pool->mutex, WEFT_FOREVER);
    pool->orphaned = true;
    last = pool->blocks_out == 0;
    weft_mutex_release(&pool->mutex);
    if (last)
        destroy(pool);
}

/* As if one more block were out. */
void weft__thread_pool_pin_locked(struct weft__thread_pool *pool)
{
    pool->blocks_out++;
}

void weft__thread_pool_unpin(struct weft__thread_pool *pool)
{
    bool last;

    weft_mutex_acquire(&pool->mutex, WEFT_FOREVER);
    last = --pool->blocks_out == 0 && pool->orphaned;
    weft_mutex_release(&pool->mutex);
    if (last)
        destroy(pool);
}

void weft__thread_block_free(weft_future *block)
{
    struct weft__thread_pool *pool = weft__thread_pool_of(block->executor);
    struct weft__worker *worker = weft__worker_current();
    bool last;

    if (worker && worker->pool == pool) {
        worker->used[worker->used_count++] = block;
        if (worker->used_count < WEFT__USED)
            return;
        weft_mutex_acquire(&pool->mutex, WEFT_FOREVER);
        weft__thread_block_return_locked(worker);
        weft_mutex_release(&pool->mutex);
        return; /* a pool that has workers is not gone */
    }
    weft_mutex_acquire(&pool->mutex, WEFT_FOREVER);
    pool->unused[pool->unused_count++] = block;
    pool->blocks_out--;
    last = pool->orphaned && pool->blocks_out == 0;
    weft_mutex_release(&pool->mutex);
    if (last)
        destroy(pool);
}
