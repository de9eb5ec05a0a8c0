/* SPDX-License-Identifier: MIT */
/*
 * Task blocks of a pool of threads: cut from slabs, used again, freed with the pool.
 *
 * Submitters take blocks from one array, under the pool's mutex; used ones come back into
 * another, under a mutex of its own, and workers collect some before they bring them. When
 * the first array is empty the two change places. So a task costs no call of the allocator,
 * and who brings blocks back does not hold up who submits.
 *
 * A future may outlive its pool: the pool's memory goes when as many blocks are back as were
 * taken. `taken` does not change any more when the pool is orphaned.
 */
#include <stdint.h>
#include <string.h>

#include "thread_pool.h"
#include "weft/error.h"
#include "weft/fault.h"
#include "weft/memory.h"

enum { AHEAD = 2 };

struct weft__slab {
    struct weft__slab *next; /* the blocks follow, on a cache line */
};

/* A slab, and arrays of pointers that have room for all blocks then; NULL: they have it. */
struct growth {
    struct weft__slab *slab;
    weft_future **unused, **returned;
    size_t room;
};

static int allocate(struct growth *growth, size_t blocks, size_t room)
{
    const size_t line = 64;

    growth->room = blocks + WEFT__SLAB > room ? 2 * (blocks + WEFT__SLAB) : 0;
    growth->unused = growth->returned = NULL;
    growth->slab = weft_alloc(sizeof(*growth->slab) + line + WEFT__SLAB * sizeof(weft_future));
    if (growth->room > 0 && growth->slab) {
        growth->unused = weft_alloc(growth->room * sizeof(weft_future *));
        growth->returned = weft_alloc(growth->room * sizeof(weft_future *));
    }
    if (growth->slab && (growth->room == 0 || (growth->unused && growth->returned)))
        return 0;
    weft_free(growth->slab);
    weft_free(growth->unused);
    weft_free(growth->returned);
    return WEFT_ENOMEM;
}

static void move(weft_future ***array, size_t count, weft_future **larger)
{
    if (count > 0)
        memcpy(larger, *array, count * sizeof(weft_future *));
    weft_free(*array);
    *array = larger;
}

static void install_locked(struct weft__thread_pool *pool, const struct growth *growth)
{
    const size_t line = 64;
    uintptr_t start = ((uintptr_t)(growth->slab + 1) + line - 1) / line * line;

    if (growth->room > 0) {
        move(&pool->unused, pool->unused_count, growth->unused);
        weft_mutex_acquire(&pool->return_mutex, WEFT_FOREVER);
        move(&pool->returned, pool->returned_count, growth->returned);
        weft_mutex_release(&pool->return_mutex);
        pool->unused_room = growth->room;
    }
    growth->slab->next = pool->slabs;
    pool->slabs = growth->slab;
    pool->blocks += WEFT__SLAB;
    for (size_t i = WEFT__SLAB; i-- > 0;) {
        weft_future *block = (weft_future *)start + i;

        block->executor = &pool->base;
        pool->unused[pool->unused_count++] = block;
    }
}

/* What came back becomes what is unused. */
static void swap_locked(struct weft__thread_pool *pool)
{
    weft_future **empty = pool->unused;

    weft_mutex_acquire(&pool->return_mutex, WEFT_FOREVER);
    pool->unused = pool->returned;
    pool->unused_count = pool->returned_count;
    pool->returned = empty;
    pool->returned_count = 0;
    weft_mutex_release(&pool->return_mutex);
}

int weft__thread_block_reserve_locked(struct weft__thread_pool *pool)
{
    struct growth growth;
    size_t blocks = pool->blocks, room = pool->unused_room;
    int err;

    if (pool->unused_count == 0)
        swap_locked(pool);
    if (pool->unused_count > 0)
        return 0;
    weft_mutex_release(&pool->mutex);
    err = allocate(&growth, blocks, room);
    weft_mutex_acquire(&pool->mutex, WEFT_FOREVER);
    if (err != 0)
        return err;
    if (pool->blocks == blocks) {
        install_locked(pool, &growth);
        return 0;
    }
    weft_free(growth.slab); /* somebody else was faster */
    weft_free(growth.unused);
    weft_free(growth.returned);
    return weft__thread_block_reserve_locked(pool);
}

weft_future *weft__thread_block_take_locked(struct weft__thread_pool *pool)
{
    weft_future *block = pool->unused[--pool->unused_count];

    if (pool->unused_count >= AHEAD) /* a worker wrote it last: its line is on another CPU */
        WEFT_PREFETCH(pool->unused[pool->unused_count - AHEAD]);
    pool->taken++;
    return block;
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
    weft_free(pool->returned);
    weft_free(pool->memory);
}

void weft__thread_pool_free(struct weft__thread_pool *pool)
{
    bool last;

    weft_mutex_acquire(&pool->return_mutex, WEFT_FOREVER);
    pool->orphaned = true; /* from now on `taken` stays as it is */
    last = pool->back == pool->taken;
    weft_mutex_release(&pool->return_mutex);
    if (last)
        destroy(pool);
}

/* So many blocks are back; the last one of a pool that was closed frees it. */
static void give_back(struct weft__thread_pool *pool, weft_future *const *blocks, size_t listed,
                      size_t count)
{
    bool last;

    weft_mutex_acquire(&pool->return_mutex, WEFT_FOREVER);
    for (size_t i = 0; i < listed; i++)
        pool->returned[pool->returned_count++] = blocks[i];
    pool->back += count;
    last = pool->orphaned && pool->back == pool->taken;
    weft_mutex_release(&pool->return_mutex);
    if (last)
        destroy(pool);
}

void weft__thread_block_return(struct weft__worker *worker)
{
    if (worker->used_count > 0)
        give_back(worker->pool, worker->used, worker->used_count, worker->used_count);
    worker->used_count = 0;
}

/* As if one more block were out. */
void weft__thread_pool_pin_locked(struct weft__thread_pool *pool)
{
    pool->taken++;
}

void weft__thread_pool_unpin(struct weft__thread_pool *pool)
{
    give_back(pool, NULL, 0, 1);
}

void weft__thread_block_free(weft_future *block)
{
    struct weft__thread_pool *pool = weft__thread_pool_of(block->executor);
    struct weft__worker *worker = weft__worker_current();

    if (!worker || worker->pool != pool) {
        give_back(pool, &block, 1, 1);
        return;
    }
    worker->used[worker->used_count++] = block;
    if (worker->used_count == WEFT__USED)
        weft__thread_block_return(worker);
}
