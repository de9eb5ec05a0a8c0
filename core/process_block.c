/* SPDX-License-Identifier: MIT */
/*
 * Memory of the tasks of a process pool, with their futures: cut from slabs, used again.
 *
 * Submitters take blocks from one list under the pool's mutex; whoever lets go of a future
 * brings its block back to another one, under a mutex of its own. When the first is empty it
 * takes over the second. Both go through the first cache line of the block.
 *
 * A future may outlive its pool: the pool's memory goes when as many blocks are back as were
 * taken. So whoever has a future of the pool may touch the pool. `blocks_taken` does not
 * change any more when the pool is orphaned.
 */
#include <stdint.h>

#include "internal.h"
#include "process_pool.h"
#include "weft/memory.h"

enum { SLAB = 64, LINE = 64 };

struct weft__slab {
    struct weft__slab *next; /* the blocks follow, on a cache line */
};

static struct weft__work *work_of(weft_future *own)
{
    return (struct weft__work *)own; /* its first field */
}

static void push(struct weft__work **list, struct weft__work *work)
{
    work->own.next = (weft_future *)*list; /* its first field */
    *list = work;
}

static bool grow_locked(struct weft__process_pool *pool)
{
    struct weft__slab *slab = weft_alloc(sizeof(*slab) + LINE + SLAB * sizeof(struct weft__work));
    struct weft__work *blocks;

    if (!slab)
        return false;
    slab->next = pool->slabs;
    pool->slabs = slab;
    blocks = (struct weft__work *)(((uintptr_t)(slab + 1) + LINE - 1) / LINE * LINE);
    for (size_t i = SLAB; i-- > 0;) {
        blocks[i].pool = pool;
        push(&pool->unused, &blocks[i]);
    }
    return true;
}

struct weft__work *weft__block_take_locked(struct weft__process_pool *pool)
{
    struct weft__work *work;

    if (!pool->unused) {
        weft_mutex_acquire(&pool->return_mutex, WEFT_FOREVER);
        pool->unused = pool->returned;
        pool->returned = NULL;
        weft_mutex_release(&pool->return_mutex);
    }
    if (!pool->unused && !grow_locked(pool))
        return NULL;
    work = pool->unused;
    pool->unused = work_of(work->own.next);
    pool->blocks_taken++;
    return work;
}

void weft__block_put_back_locked(struct weft__process_pool *pool, struct weft__work *work)
{
    push(&pool->unused, work);
    pool->blocks_taken--;
}

static void destroy(struct weft__process_pool *pool)
{
    while (pool->slabs) {
        struct weft__slab *next = pool->slabs->next;

        weft_free(pool->slabs);
        pool->slabs = next;
    }
    weft_shared_free(pool->bell_at); /* who waited for a future may have rung it until now */
    weft_free(pool->memory);
}

void weft__process_pool_free(struct weft__process_pool *pool)
{
    bool last;

    weft_mutex_acquire(&pool->return_mutex, WEFT_FOREVER);
    pool->orphaned = true;
    last = pool->blocks_back == pool->blocks_taken;
    weft_mutex_release(&pool->return_mutex);
    if (last)
        destroy(pool);
}

/* One block is back; NULL: a pin. */
static void give_back(struct weft__process_pool *pool, struct weft__work *work)
{
    bool last;

    weft_mutex_acquire(&pool->return_mutex, WEFT_FOREVER);
    if (work)
        push(&pool->returned, work);
    pool->blocks_back++;
    last = pool->orphaned && pool->blocks_back == pool->blocks_taken;
    weft_mutex_release(&pool->return_mutex);
    if (last)
        destroy(pool);
}

void weft__process_block_free(weft_future *future)
{
    struct weft__work *work = future->use.context;

    if (future != &work->own)
        weft_free(future);
    give_back(work->pool, work);
}

void weft__process_pool_pin(weft_executor *executor)
{
    struct weft__process_pool *pool = weft__process_pool_of(executor);

    weft_mutex_acquire(&pool->mutex, WEFT_FOREVER);
    pool->blocks_taken++;
    weft_mutex_release(&pool->mutex);
}

void weft__process_pool_unpin(weft_executor *executor)
{
    give_back(weft__process_pool_of(executor), NULL);
}
