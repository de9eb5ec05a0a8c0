/* SPDX-License-Identifier: MIT */
/*
 * A mutex between processes that notices when its owner died.
 *
 * state holds the owner's name in the arena (weft__arena_self, 30 bits) and a bit
 * that says that somebody may sleep. Every change is one compare-and-swap, so a
 * process that is killed at any instruction leaves it free or wholly its own. Who
 * waits looks every few ms whether the owner still lives, and takes over a dead
 * one's mutex by swapping the name: exactly one does, and is told WEFT_EOWNERDEAD.
 * Taking (acquire) pairs with giving back (release). After a sleep it is taken with
 * the bit set, because others may sleep still (Drepper's mutex 2).
 */
#include "weft/shared.h"

#include "internal.h"
#include "weft/atomic.h"
#include "weft/thread.h"
#include "weft/wait.h"

enum { MUTEX_MAGIC = 0x7EF7A001 };

#define AWAITED 0x80000000u
#define OWNER 0x3FFFFFFFu

/* How long a dead owner can stay unnoticed. */
#define LIVENESS_SLICE WEFT_MS(5)

struct shared_mutex {
    uint32_t magic; /* written at creation */
    weft_atomic_u32 state;
    weft_atomic_u64 holder; /* the owner's process and thread; written by it alone, relaxed: it
                               only answers "is it me". A dead one's stays until it is taken
                               over, hence the process in it. */
};

static struct shared_mutex *find(weft_shared_mutex mutex)
{
    struct shared_mutex *object = weft_shared_pointer(mutex.at);

    return object && object->magic == MUTEX_MAGIC ? object : NULL;
}

static uint64_t caller(void)
{
    return (uint64_t)weft__arena_self() << 32 | weft_thread_current_id();
}

static bool is_mine(const struct shared_mutex *object, uint32_t state)
{
    return (state & OWNER) == weft__arena_self() &&
           weft_load_u64(&object->holder, WEFT_RELAXED) == caller();
}

int weft_shared_mutex_create(weft_shared_mutex *mutex)
{
    weft_offset at;
    int err = weft_shared_alloc(&at, sizeof(struct shared_mutex));

    if (err != 0)
        return err;
    ((struct shared_mutex *)weft_shared_pointer(at))->magic = MUTEX_MAGIC;
    mutex->at = at;
    return 0;
}

/* One sleep; *look says that it was a whole one: does the owner still live? */
static int sleep_on(struct shared_mutex *object, uint32_t state, weft_time until, bool *look)
{
    weft_time end = weft__slice(until, LIVENESS_SLICE);

    if (!(state & AWAITED) && !weft_cas_u32(&object->state, &state, state | AWAITED, WEFT_RELAXED))
        return 0;
    *look = weft_wait_shared(&object->state, state | AWAITED, end) == WEFT_ETIMEDOUT;
    return end == until && *look ? WEFT_ETIMEDOUT : 0;
}

static int acquire(struct shared_mutex *object, weft_time until)
{
    uint32_t bits = weft__arena_self(); /* with AWAITED once we have slept */
    uint32_t state = weft_load_u32(&object->state, WEFT_RELAXED);
    bool look = false;
    int err = 0;

    for (;;) {
        if ((state & OWNER) == 0) {
            if (weft_cas_u32(&object->state, &state, bits | (state & AWAITED), WEFT_ACQUIRE))
                return 0;
            continue;
        }
        if ((look || err != 0) && !weft__arena_process_alive(state & OWNER)) {
            if (weft_cas_u32(&object->state, &state, bits | AWAITED, WEFT_ACQUIRE))
                return WEFT_EOWNERDEAD;
            continue;
        }
        if (err != 0)
            return err;
        bits |= AWAITED;
        err = sleep_on(object, state, until, &look);
        state = weft_load_u32(&object->state, WEFT_RELAXED);
    }
}

int weft_shared_mutex_acquire(weft_shared_mutex mutex, weft_time until)
{
    struct shared_mutex *object = find(mutex);
    int err;

    if (!object)
        return weft__misuse(WEFT_EINVAL, "shared mutex %llu: no mutex",
                            (unsigned long long)mutex.at);
    if (is_mine(object, weft_load_u32(&object->state, WEFT_RELAXED)))
        return weft__misuse(WEFT_EDEADLK, "shared mutex %llu: %s holds it already",
                            (unsigned long long)mutex.at, weft_thread_current_name());
    err = acquire(object, until);
    if (err == 0 || err == WEFT_EOWNERDEAD)
        weft_store_u64(&object->holder, caller(), WEFT_RELAXED);
    if (err == WEFT_EOWNERDEAD)
        weft__fail(err, "shared mutex %llu: the process that held it died",
                   (unsigned long long)mutex.at);
    else if (err != 0)
        weft__fail(err, "shared mutex %llu: another held it until the deadline",
                   (unsigned long long)mutex.at);
    return err;
}

int weft_shared_mutex_release(weft_shared_mutex mutex)
{
    struct shared_mutex *object = find(mutex);

    if (!object)
        return weft__misuse(WEFT_EINVAL, "shared mutex %llu: no mutex",
                            (unsigned long long)mutex.at);
    if (!is_mine(object, weft_load_u32(&object->state, WEFT_RELAXED)))
        return weft__misuse(WEFT_EPERM, "shared mutex %llu: %s releases it without holding it",
                            (unsigned long long)mutex.at, weft_thread_current_name());
    weft_store_u64(&object->holder, 0, WEFT_RELAXED);
    if (weft_exchange_u32(&object->state, 0, WEFT_RELEASE) & AWAITED)
        weft_wake_shared(&object->state, 1);
    return 0;
}

void weft_shared_mutex_close(weft_shared_mutex mutex)
{
    struct shared_mutex *object = find(mutex);

    if (!object)
        return;
    object->magic = 0;
    weft_shared_free(mutex.at);
}
