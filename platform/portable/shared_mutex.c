/* SPDX-License-Identifier: MIT */
#include "shared_lock.h"
#include "weft/error.h"

static const char what[] = "shared mutex";

struct shared_mutex {
    weft_atomic_u32 kind;
    struct weft__shared_lock lock;
};

static struct shared_mutex *find(weft_shared_mutex mutex)
{
    return weft__shared_find(mutex.at, WEFT__SHARED_MUTEX);
}

int weft_shared_mutex_create(weft_shared_mutex *mutex)
{
    return weft__shared_create(&mutex->at, WEFT__SHARED_MUTEX, sizeof(struct shared_mutex));
}

static WEFT_NOINLINE int acquire_slowly(struct shared_mutex *object, weft_shared_mutex mutex,
                                        weft_time until)
{
    if (!object)
        return weft__shared_refuse(mutex.at, what);
    if (weft__shared_lock_is_mine(&object->lock))
        return weft__misuse(WEFT_EDEADLK, "%s %llu: %s holds it already", what,
                            (unsigned long long)mutex.at, weft_thread_current_name());
    return weft__shared_lock_acquire(&object->lock, until, what, mutex.at);
}

int weft_shared_mutex_acquire(weft_shared_mutex mutex, weft_time until)
{
    struct shared_mutex *object = find(mutex);

    if (object && weft__shared_lock_try(&object->lock))
        return 0;
    return acquire_slowly(object, mutex, until);
}

static int check(struct shared_mutex *object, weft_shared_mutex mutex, const char *does)
{
    return weft__shared_lock_check(object ? &object->lock : NULL, what, mutex.at, does);
}

int weft_shared_mutex_consistent(weft_shared_mutex mutex)
{
    struct shared_mutex *object = find(mutex);
    int err = check(object, mutex, "says that all is well");

    if (err == 0)
        weft__shared_lock_mend(&object->lock);
    return err;
}

int weft_shared_mutex_release(weft_shared_mutex mutex)
{
    struct shared_mutex *object = find(mutex);
    int err = check(object, mutex, "releases it");

    if (err == 0)
        weft__shared_lock_release(&object->lock);
    return err;
}

int weft__shared_mutex_check(weft_shared_mutex mutex, const char *does)
{
    return check(find(mutex), mutex, does);
}

void weft_shared_mutex_close(weft_shared_mutex mutex)
{
    weft__shared_close(mutex.at, WEFT__SHARED_MUTEX, what);
}
