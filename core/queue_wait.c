/* SPDX-License-Identifier: MIT */
/*
 * Waiting in a queue: for an item, for room, for the end of all work.
 *
 * Each side sleeps on an event count (Vyukov; Eigen's EventCount): a word to sleep on, and
 * how many do. Who finds nothing to do adds itself to `sleepers`, looks once more, and
 * sleeps. Who makes something to do looks at `sleepers` afterwards. Both with seq_cst, or
 * under the same mutex: one of the two sees the other (Dekker), so no wake-up is lost.
 *
 * The word is odd from a ring until somebody comes. While it is, others do not ring: that
 * one is on its way, and will look for all that was put before it made the word even. It
 * rings for the next sleeper if it leaves something to do. So a burst of puts wakes one
 * getter, which costs one system call, and getters that are needed wake each other.
 *
 * What is unfinished is what was put less what is done: put counts nothing for join.
 */
#include "queue_private.h"

#include "internal.h"
#include "weft/wait.h"

/* let_it_grow(): about 3 us in all. */
enum { LEAST_PAUSES = 8, MOST_PAUSES = 128, ENOUGH = 256, LONELY = 31, GLANCES = 50 };

/* ---- bells ------------------------------------------------------------------- */

void weft__bell_wake(struct weft__bell *bell)
{
    if ((weft_fetch_or_u32(&bell->word, 1, WEFT_SEQ_CST) & 1) == 0)
        weft_wake(&bell->word, 1);
}

void weft__bell_ring_all(struct weft__bell *bell)
{
    if (weft_load_u32(&bell->sleepers, WEFT_SEQ_CST) == 0)
        return;
    weft_fetch_add_u32(&bell->word, 2, WEFT_SEQ_CST);
    weft_wake(&bell->word, WEFT_WAKE_ALL);
}

/* A ring that is on its way has come here. The word to sleep on after one more look. */
static uint32_t answer(struct weft__bell *bell)
{
    uint32_t seen = weft_load_u32(&bell->word, WEFT_SEQ_CST);

    while ((seen & 1) != 0)
        if (weft_cas_u32(&bell->word, &seen, seen + 1, WEFT_SEQ_CST))
            seen++;
    return seen;
}

/* ---- items and room ---------------------------------------------------------- */

bool weft__queue_may_get(weft_queue *queue, enum weft__look look)
{
    return queue->ring.words_each > 0 ? weft__ring_may_get(queue, look)
                                      : weft__list_may_get(queue, look);
}

bool weft__queue_may_put(weft_queue *queue, enum weft__look look)
{
    return queue->ring.words_each > 0 ? weft__ring_may_put(queue, look)
                                      : weft__list_may_put(queue, look);
}

static bool may(weft_queue *queue, const struct weft__bell *bell, enum weft__look look)
{
    return bell == &queue->putters ? weft__queue_may_put(queue, look)
                                   : weft__queue_may_get(queue, look);
}

/* What came after a while of nothing is rarely alone. While more comes, leave the other side
 * alone: if the two meet at every item, handing cache lines over is all they do. Where it was
 * alone, as in a conversation, only one wait in 32 tries again. */
static void let_it_grow(weft_queue *queue, const struct weft__bell *bell)
{
    uint32_t lonely = weft_load_u32(&queue->lonely, WEFT_RELAXED);
    size_t before = 0;

    if (lonely > 0) {
        weft_store_u32(&queue->lonely, lonely - 1, WEFT_RELAXED);
        return;
    }
    for (unsigned pauses = LEAST_PAUSES; pauses <= MOST_PAUSES; pauses *= 2) {
        size_t size = weft_queue_size(queue);

        if (bell == &queue->putters)
            size = queue->capacity - size;
        if (size <= before || size >= ENOUGH || size == queue->capacity) {
            if (size <= 1)
                weft_store_u32(&queue->lonely, LONELY, WEFT_RELAXED);
            return;
        }
        before = size;
        for (unsigned i = 0; i < pauses; i++)
            weft_cpu_pause();
    }
}

/* In a conversation the answer comes soon and alone: looking often costs nobody anything. */
static bool answers_soon(weft_queue *queue, const struct weft__bell *bell)
{
    for (int i = 0; i < GLANCES && weft_load_u32(&queue->lonely, WEFT_RELAXED) > 0; i++) {
        if (may(queue, bell, WEFT__GLANCE))
            return true;
        weft_cpu_pause();
    }
    return false;
}

int weft__queue_wait(weft_queue *queue, struct weft__bell *bell, weft_time until)
{
    struct weft__backoff backoff = {0};
    int err = 0;

    if (until <= 0)
        return WEFT_ETIMEDOUT;
    if (answers_soon(queue, bell)) {
        let_it_grow(queue, bell);
        return 0;
    }
    while (weft__backoff(&backoff))
        if (may(queue, bell, WEFT__GLANCE)) {
            let_it_grow(queue, bell);
            return 0;
        }
    weft_fetch_add_u32(&bell->sleepers, 1, WEFT_SEQ_CST);
    while (err == 0) {
        uint32_t seen = answer(bell);

        if (may(queue, bell, WEFT__LOOK))
            break;
        err = weft__wait(&bell->word, seen, until, "queue", queue);
    }
    (void)answer(bell);
    weft_fetch_sub_u32(&bell->sleepers, 1, WEFT_SEQ_CST);
    return err;
}

/* weft_wait_any() observes: it takes no getter's wake-up, so it need not hand one on. */
static bool poll(void *object, enum weft_poll what, weft_atomic_u32 **word, uint32_t *seen)
{
    weft_queue *queue = object;
    struct weft__bell *bell = &queue->getters;

    if (what == WEFT_POLL_ASK) {
        *word = &bell->word;
        *seen = answer(bell);
        return weft__queue_may_get(queue, WEFT__LOOK);
    }
    weft_fetch_add_u32(&bell->sleepers, what == WEFT_POLL_BEGIN ? 1 : UINT32_MAX, WEFT_SEQ_CST);
    return false;
}

weft_waitable weft_queue_waitable(weft_queue *queue)
{
    return (weft_waitable){queue, poll};
}

/* ---- task_done, join --------------------------------------------------------- */

/* Done is read first: it is never more than put, so if they are equal they were at once. */
uint64_t weft__queue_unfinished(weft_queue *queue)
{
    uint64_t done = weft_load_u64(&queue->done, WEFT_SEQ_CST);

    return weft__queue_put_count(queue) - done;
}

/* Puts only raise what is unfinished, so it is here that it gets to 0; seq_cst as for the
 * bells: either a joiner is seen, or it sees what is done. */
uint64_t weft__queue_add_done(weft_queue *queue, uint64_t count)
{
    uint64_t done = weft_load_u64(&queue->done, WEFT_SEQ_CST);
    uint64_t top, more;

    do {
        top = weft_load_u64(&queue->done_top, WEFT_RELAXED);
        if (top < done + count) {
            top = weft__queue_put_count(queue);
            weft_store_u64(&queue->done_top, top, WEFT_RELAXED);
        }
        more = top - done < count ? top - done : count;
    } while (!weft_cas_u64(&queue->done, &done, done + more, WEFT_SEQ_CST));
    if (weft_load_u32(&queue->joiners.sleepers, WEFT_SEQ_CST) != 0 &&
        weft__queue_unfinished(queue) == 0)
        weft__bell_ring_all(&queue->joiners);
    return more;
}

int weft_queue_task_done(weft_queue *queue)
{
    if (weft__queue_add_done(queue, 1) == 0)
        return weft__misuse(WEFT_EINVAL, "queue %p: task_done called more often than put",
                            (void *)queue);
    return 0;
}

int weft_queue_join(weft_queue *queue, weft_time until)
{
    struct weft__bell *bell = &queue->joiners;
    uint64_t left = weft__queue_unfinished(queue);
    int err = 0;

    if (left == 0)
        return 0;
    weft_fetch_add_u32(&bell->sleepers, 1, WEFT_SEQ_CST);
    while (err == 0) {
        uint32_t seen = weft_load_u32(&bell->word, WEFT_SEQ_CST);

        left = weft__queue_unfinished(queue);
        if (left == 0)
            break;
        err = weft__wait(&bell->word, seen, until, "queue", queue);
    }
    weft_fetch_sub_u32(&bell->sleepers, 1, WEFT_SEQ_CST);
    if (left == 0 || weft__queue_unfinished(queue) == 0)
        return 0;
    return weft__fail(err, "queue %p: %llu items were not done %s", (void *)queue,
                      (unsigned long long)left,
                      err == WEFT_ECANCELED ? "when its wait was cancelled" : "until the deadline");
}
