/* SPDX-License-Identifier: MIT */
#ifndef WEFT_SHARED_VALUE_H
#define WEFT_SHARED_VALUE_H

/*
 * Values and arrays of one type in shared memory, with a lock.
 *
 *     WEFT_TYPED_SHARED(shared_int, int);                  // at file scope
 *
 *     shared_int counter;
 *     CHECK(shared_int_create(&counter, 1));               // Value('i', 0); 100: an Array
 *     CHECK(weft_process_start(&p, count, &counter, sizeof(counter)));
 *     ...
 *     weft_shared_mutex_acquire(counter.lock, WEFT_FOREVER);
 *     *shared_int_at(counter) += 1;                        // an int *, in this process
 *     weft_shared_mutex_release(counter.lock);
 *     ...
 *     shared_int_close(counter);
 *
 * The struct is a handle, a plain value that may be copied into arguments. `count` says how
 * many elements there are, all zero at first. WEFT_MUST_CHECK, errors as
 * weft_shared_alloc(), WEFT_ETOOBIG: count * sizeof(type) overflows.
 *
 * Python: multiprocessing.Value, Array and shared_memory.
 */

#include "arena.h"
#include "compiler.h"
#include "shared.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What the macro's functions call. */
WEFT_MUST_CHECK int weft_shared_value_create(weft_offset *at, weft_shared_mutex *lock,
                                             size_t element_size, size_t count);

#ifdef __cplusplus
}
#endif

#define WEFT_TYPED_SHARED(name, type)                                                           \
    typedef struct name {                                                                       \
        weft_offset at;                                                                         \
        size_t count;                                                                           \
        weft_shared_mutex lock;                                                                 \
    } name;                                                                                     \
    WEFT_MAY_BE_UNUSED static inline WEFT_MUST_CHECK int name##_create(name *shared,            \
                                                                       size_t count)            \
    {                                                                                           \
        int err = weft_shared_value_create(&shared->at, &shared->lock, sizeof(type), count);    \
        if (err == 0)                                                                           \
            shared->count = count;                                                              \
        return err;                                                                             \
    }                                                                                           \
    WEFT_MAY_BE_UNUSED static inline type *name##_at(name shared)                               \
    {                                                                                           \
        return (type *)weft_shared_pointer(shared.at);                                          \
    }                                                                                           \
    WEFT_MAY_BE_UNUSED static inline void name##_close(name shared)                             \
    {                                                                                           \
        weft_shared_mutex_close(shared.lock);                                                   \
        weft_shared_free(shared.at);                                                            \
    }                                                                                           \
    struct weft_swallow_semicolon_##name

#endif
