/* SPDX-License-Identifier: MIT */
#ifndef WEFT_QUEUE_PRIVATE_H
#define WEFT_QUEUE_PRIVATE_H

/*
 * What the files of the queue share: queue.c (waiting, shutdown, counting), queue_ring.c
 * and queue_list.c (where the items are).
 *
 * Neither kind of storage waits. Each says WEFT__AGAIN where a caller may want to, and
 * orders its own change before its look at the other side's bell.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "weft/atomic.h"
#include "weft/mutex.h"
#include "weft/queue.h"

/* Apart by two lines of 64 bytes: processors fetch them in pairs. */
enum { WEFT__LINE = 128 };

/* Full, or empty: no error, nobody outside sees it. */
enum { WEFT__AGAIN = 1 };

/* Where one side sleeps: an event count (queue.c says how). */
struct weft__bell {
    weft_atomic_u32 word;     /* what is slept on; odd: rung, and nobody has come yet */
    weft_atomic_u32 sleepers; /* threads that sleep, or are about to */
};

/* Both ends of the ring are positions, 2^shift a lap; queue_ring.c. Set at creation but for
 * what is atomic. */
struct weft__ring {
    weft_atomic_u64 *words;  /* words_each * capacity: the items */
    weft_atomic_u32 *stamps; /* capacity: the position whose item is there */
    size_t words_each;       /* 0: the items are in the list */
    uint64_t lap;            /* 2^shift, the least that is not below the capacity */
    uint64_t last;           /* capacity - 1 */
    unsigned shift;
    char apart[WEFT__LINE];
    weft_atomic_u64 tail;  /* where the next item is put; top bit: shut down */
    weft_atomic_u64 limit; /* tails up to here need no look at head */
    weft_atomic_u64 most;  /* items there were at once */
    char also_apart[WEFT__LINE - 3 * sizeof(uint64_t)];
    weft_atomic_u64 head; /* where the next item is taken */
    char apart_too[WEFT__LINE - sizeof(uint64_t)];
};

/* A ring that grows, or a binary heap, under a mutex; queue_list.c. */
struct weft__list {
    weft_mutex mutex;       /* guards everything below; the atomic ones are read without */
    weft_atomic_u32 closed; /* 0 or 1 */
    weft_atomic_u64 put, got;
    size_t count;     /* items in it */
    size_t most;      /* there were at once */
    size_t first;     /* FIFO: place of the oldest item */
    size_t room;      /* items that `slots` can hold */
    char *slots;      /* room * slot_size bytes, and one slot more */
    size_t slot_size; /* set at creation; a heap's slot is the number of the put, then the item */
};

struct weft_queue {
    size_t item_size; /* set at creation, like those below */
    size_t capacity;  /* 0: no bound */
    enum weft_order_of_items order;
    int (*compare)(const void *a, const void *b);
    void *block; /* the memory that this structure lies in */
    char apart[WEFT__LINE];
    struct weft__bell getters, putters, joiners; /* written only by those who sleep */
    char also_apart[WEFT__LINE];
    weft_atomic_u64 done;     /* items that task_done() or a discard ended */
    weft_atomic_u64 done_top; /* it may rise to here without a look at how many were put */
    char apart_too[WEFT__LINE];
    weft_atomic_u32 lonely; /* let_it_grow(): so many times more it is not worth trying */
    char yet_more_apart[WEFT__LINE];
    struct weft__ring ring;
    struct weft__list list;
};

/* Each storage: puts or gets up to `count` items and adds to *done how many. WEFT__AGAIN:
 * some were left because it is full, or none was there; or WEFT_ECLOSED, WEFT_ENOMEM. */
int weft__ring_put(weft_queue *queue, const char *items, size_t count, size_t *done);
int weft__ring_get(weft_queue *queue, char *items, size_t count, size_t *done);
int weft__list_put(weft_queue *queue, const char *items, size_t count, size_t *done);
int weft__list_get(weft_queue *queue, char *items, size_t count, size_t *done);

enum weft__look {
    WEFT__GLANCE, /* often and cheaply, before sleeping; may be wrong */
    WEFT__LOOK    /* after the caller was added to `sleepers` */
};

bool weft__ring_may_get(weft_queue *queue, enum weft__look look);
bool weft__ring_may_put(weft_queue *queue, enum weft__look look);
bool weft__list_may_get(weft_queue *queue, enum weft__look look);
bool weft__list_may_put(weft_queue *queue, enum weft__look look);

/* Items put and items got, and dropped, since the creation. */
uint64_t weft__ring_put_count(const weft_queue *queue);
uint64_t weft__ring_got_count(const weft_queue *queue);
uint64_t weft__list_put_count(const weft_queue *queue);
uint64_t weft__list_got_count(const weft_queue *queue);

size_t weft__list_most(weft_queue *queue);

/* Nothing can be put from now on; how many items were dropped. */
uint64_t weft__ring_shutdown(weft_queue *queue, enum weft_ending ending);
uint64_t weft__list_shutdown(weft_queue *queue, enum weft_ending ending);

/* Bytes of the ring's arrays; 0: the items belong in the list. */
size_t weft__ring_bytes(const weft_queue *queue);
void weft__ring_init(weft_queue *queue, char *memory);
void weft__list_init(weft_queue *queue);

/* ---- of both kinds ----------------------------------------------------------- */

static inline uint64_t weft__queue_put_count(weft_queue *queue)
{
    return queue->ring.words_each > 0 ? weft__ring_put_count(queue) : weft__list_put_count(queue);
}

static inline uint64_t weft__queue_got_count(weft_queue *queue)
{
    return queue->ring.words_each > 0 ? weft__ring_got_count(queue) : weft__list_got_count(queue);
}

/* ---- queue_wait.c ------------------------------------------------------------ */

void weft__bell_wake(struct weft__bell *bell);
void weft__bell_ring_all(struct weft__bell *bell);

/* The last thing that a put or get does for the other side, after its change. */
static inline void weft__bell_ring(struct weft__bell *bell)
{
    if (weft_load_u32(&bell->sleepers, WEFT_SEQ_CST) != 0)
        weft__bell_wake(bell);
}

/* How closely to look whether a get or a put would find something to do, or be refused. */
bool weft__queue_may_get(weft_queue *queue, enum weft__look look);
bool weft__queue_may_put(weft_queue *queue, enum weft__look look);

/* Until there is something to do for those of the bell, the queue's getters or putters. The
 * caller must try it then, and ring for the next. What weft_wait() says. */
int weft__queue_wait(weft_queue *queue, struct weft__bell *bell, weft_time until);

/* Items put and not yet done. */
uint64_t weft__queue_unfinished(weft_queue *queue);

/* `count` more are done, but no more than were put; how many that is. */
uint64_t weft__queue_add_done(weft_queue *queue, uint64_t count);

#endif
