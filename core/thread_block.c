/* SPDX-License-Identifier: MIT */
/*
 * Task blocks of a pool of threads: cut from slabs, used again, freed with the pool.
 *
 * Workers collect used blocks and give them back when they take the mutex for new tasks
 * anyway, so a task costs no call of the allocator and no lock of its own. A future may
 * outlive its pool: the pool's memory goes when the last block has come back.
 */
#include <stdint.h>

#include "thread_pool.h"
#include "weft/error.h"
#include "weft/fault.h"
#include "weft/memory.h"

struct weft__slab {
    struct weft__slab *next; /* the blocks follow, on a cache line */
};

int weft__thread_block_grow_locked(struct weft__thread_pool *pool)
{
    const size_t line = 64;
    struct weft__slab *slab;
    uintptr_t start;

    weft_mutex_release(&pool->mutex);
    slab = weft_alloc(sizeof(*slab) + line + WEFT__SLAB * sizeof(weft_future));
    weft_mutex_acquire(&pool->mutex, WEFT_FOREVER);
    if (!slab)
        return WEFT_ENOMEM;
    slab->next = pool->slabs;
    pool->slabs = slab;
    start = ((uintptr_t)(slab + 1) + line - 1) / line * line;
    for (size_t i = WEFT__SLAB; i-- > 0;) {
        weft_future *block = (weft_future *)start + i;

        block->executor = &pool->base;
        block->next = pool->unused;
        pool->unused = block;
    }
    return 0;
}

weft_future *weft__thread_block_take_locked(struct weft__thread_pool *pool)
{
    weft_future *block = pool->unused;

    if (block) {
        pool->unused = block->next;
        pool->blocks_out++;
    }
    return block;
}

void weft__thread_block_return_locked(struct weft__thread_pool *pool, weft_future *first,
                                      weft_future *last, size_t count)
{
    last->next = pool->unused;
    pool->unused = first;
    pool->blocks_out -= count;
}

static void destroy(struct weft__thread_pool *pool)
{
    while (pool->slabs) {
        struct weft__slab *next = pool->slabs->next;

        weft_free(pool->slabs);
        pool->slabs = next;
    }
    weft_free(pool->argument);
    weft_free(pool->worker_memory);
    weft_free(pool);
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
        if (!worker->used)
            worker->used_last = block;
        block->next = worker->used;
        worker->used = block;
        worker->used_count++;
        return;
    }
    weft_mutex_acquire(&pool->mutex, WEFT_FOREVER);
    weft__thread_block_return_locked(pool, block, block, 1);
    last = pool->orphaned && pool->blocks_out == 0;
    weft_mutex_release(&pool->mutex);
    if (last)
        destroy(pool);
}
