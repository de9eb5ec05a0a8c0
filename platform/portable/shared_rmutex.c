/* SPDX-License-Identifier: MIT */
/* The lock of a shared mutex, with a count of how often its holder has it. */
#include "shared_lock.h"
#include "weft/error.h"

static const char what[] = "shared rmutex";

#define DEEPEST UINT32_C(0x80000000)

struct shared_rmutex {
    weft_atomic_u32 kind;
    uint32_t depth; /* the holder's; a dead one's stays, and is written anew */
    struct weft__shared_lock lock;
};

static struct shared_rmutex *find(weft_shared_rmutex mutex)
{
    return weft__shared_find(mutex.at, WEFT__SHARED_RMUTEX);
}

int weft_shared_rmutex_create(weft_shared_rmutex *mutex)
{
    return weft__shared_create(&mutex->at, WEFT__SHARED_RMUTEX, sizeof(struct shared_rmutex));
}

static int acquire_again(struct shared_rmutex *object, weft_shared_rmutex mutex)
{
    if (object->depth == DEEPEST)
        return weft__misuse(WEFT_ETOOBIG, "%s %llu: held %lu times already", what,
                            (unsigned long long)mutex.at, (unsigned long)object->depth);
    object->depth++;
    return 0;
}

int weft_shared_rmutex_acquire(weft_shared_rmutex mutex, weft_time until)
{
    struct shared_rmutex *object = find(mutex);
    int err = 0;

    if (!object)
        return weft__shared_refuse(mutex.at, what);
    if (weft__shared_lock_is_mine(&object->lock))
        return acquire_again(object, mutex);
    if (!weft__shared_lock_try(&object->lock))
        err = weft__shared_lock_acquire(&object->lock, until, what, mutex.at);
    if (err == 0 || err == WEFT_EOWNERDEAD)
        object->depth = 1;
    return err;
}

static int check(struct shared_rmutex *object, weft_shared_rmutex mutex, const char *does)
{
    return weft__shared_lock_check(object ? &object->lock : NULL, what, mutex.at, does);
}

int weft_shared_rmutex_consistent(weft_shared_rmutex mutex)
{
    struct shared_rmutex *object = find(mutex);
    int err = check(object, mutex, "says that all is well");

    if (err == 0)
        weft__shared_lock_mend(&object->lock);
    return err;
}

int weft_shared_rmutex_release(weft_shared_rmutex mutex)
{
    struct shared_rmutex *object = find(mutex);
    int err = check(object, mutex, "releases it");

    if (err == 0 && --object->depth == 0)
        weft__shared_lock_release(&object->lock);
    return err;
}

void weft_shared_rmutex_close(weft_shared_rmutex mutex)
{
    weft__shared_close(mutex.at, WEFT__SHARED_RMUTEX, what);
}
