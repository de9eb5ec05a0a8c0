/* SPDX-License-Identifier: MIT */
#ifndef WEFT_ATOMIC_H
#define WEFT_ATOMIC_H

/*
 * Every atomic operation of weft, and of what is built on it.
 *
 * C11's <stdatomic.h> is optional, not C++ and experimental in MSVC 2022; these
 * types have one layout everywhere, may live in shared memory and start valid
 * when all zero. The orders are C11's. Read-modify-write operations take one
 * order for success and use its load half on failure.
 */

#include <stdbool.h>
#include <stdint.h>

#if defined(_MSC_VER) && !defined(__clang__)
#include <intrin.h>
#endif

#ifdef __cplusplus
extern "C" {
#endif

typedef struct weft_atomic_u32 {
    uint32_t value; /* touched by the functions below only */
} weft_atomic_u32;

/* Some 32-bit systems align a uint64_t to 4 bytes only: across the end of a cache line it would be
 * read in two halves. Interlocked operations do not mind. */
#if defined(_MSC_VER) && !defined(__clang__)
#define WEFT_ALIGNED_64
#else
#define WEFT_ALIGNED_64 __attribute__((aligned(8)))
#endif

typedef struct weft_atomic_u64 {
    uint64_t value WEFT_ALIGNED_64;
} weft_atomic_u64;

typedef struct weft_atomic_pointer {
    void *value;
} weft_atomic_pointer;

#if defined(_MSC_VER) && !defined(__clang__)

/* MSVC has no orders: Interlocked operations are full barriers, and a volatile
 * access with a compiler barrier and, on ARM, a dmb is at least as strong. */
enum weft_order { WEFT_RELAXED, WEFT_ACQUIRE, WEFT_RELEASE, WEFT_ACQ_REL, WEFT_SEQ_CST };

#define WEFT_ATOMIC_FUNCTIONS(name, type, box, word, suffix)                                      \
    static __forceinline type weft_load_##name(box const *a, enum weft_order order)               \
    {                                                                                             \
        (void)order;                                                                              \
        return (type)_InterlockedCompareExchange##suffix((word volatile *)&a->value, (word)0,     \
                                                         (word)0);                                \
    }                                                                                             \
    static __forceinline type weft_exchange_##name(box *a, type v, enum weft_order order)         \
    {                                                                                             \
        (void)order;                                                                              \
        return (type)_InterlockedExchange##suffix((word volatile *)&a->value, (word)v);           \
    }                                                                                             \
    static __forceinline void weft_store_##name(box *a, type v, enum weft_order order)            \
    {                                                                                             \
        (void)weft_exchange_##name(a, v, order);                                                  \
    }                                                                                             \
    static __forceinline bool weft_cas_##name(box *a, type *seen, type v, enum weft_order order)  \
    {                                                                                             \
        type old = (type)_InterlockedCompareExchange##suffix((word volatile *)&a->value, (word)v, \
                                                             (word)*seen);                        \
        bool done = old == *seen;                                                                 \
        (void)order;                                                                              \
        *seen = old;                                                                              \
        return done;                                                                              \
    }

#define WEFT_ATOMIC_ARITHMETIC(name, type, box, word, suffix)                                     \
    static __forceinline type weft_fetch_add_##name(box *a, type v, enum weft_order order)        \
    {                                                                                             \
        (void)order;                                                                              \
        return (type)_InterlockedExchangeAdd##suffix((word volatile *)&a->value, (word)v);        \
    }                                                                                             \
    static __forceinline type weft_fetch_or_##name(box *a, type v, enum weft_order order)         \
    {                                                                                             \
        (void)order;                                                                              \
        return (type)_InterlockedOr##suffix((word volatile *)&a->value, (word)v);                 \
    }                                                                                             \
    static __forceinline type weft_fetch_and_##name(box *a, type v, enum weft_order order)        \
    {                                                                                             \
        (void)order;                                                                              \
        return (type)_InterlockedAnd##suffix((word volatile *)&a->value, (word)v);                \
    }

WEFT_ATOMIC_FUNCTIONS(u32, uint32_t, weft_atomic_u32, long, )
WEFT_ATOMIC_FUNCTIONS(u64, uint64_t, weft_atomic_u64, __int64, 64)
WEFT_ATOMIC_FUNCTIONS(pointer, void *, weft_atomic_pointer, void *, Pointer)
WEFT_ATOMIC_ARITHMETIC(u32, uint32_t, weft_atomic_u32, long, )
WEFT_ATOMIC_ARITHMETIC(u64, uint64_t, weft_atomic_u64, __int64, 64)

static __forceinline void weft_fence(void)
{
    long barrier = 0;
    (void)_InterlockedExchange(&barrier, 1);
}

static __forceinline void weft_cpu_pause(void)
{
#if defined(_M_IX86) || defined(_M_X64)
    _mm_pause();
#else
    __yield();
#endif
}

#else

enum weft_order {
    WEFT_RELAXED = __ATOMIC_RELAXED,
    WEFT_ACQUIRE = __ATOMIC_ACQUIRE,
    WEFT_RELEASE = __ATOMIC_RELEASE,
    WEFT_ACQ_REL = __ATOMIC_ACQ_REL,
    WEFT_SEQ_CST = __ATOMIC_SEQ_CST
};

/* Inlined even without optimisation: the order must reach the builtin as a constant. */
#define WEFT_ATOMIC_INLINE static inline __attribute__((always_inline, unused))

/* What a failed compare-exchange loads with: the load half of its success order. */
#define WEFT_LOAD_HALF(order)                                              \
    ((order) == WEFT_ACQ_REL ? __ATOMIC_ACQUIRE                            \
                             : ((order) == WEFT_RELEASE ? __ATOMIC_RELAXED : (int)(order)))

#define WEFT_ATOMIC_FUNCTIONS(name, type, box)                                                    \
    /* The current value. */                                                                      \
    WEFT_ATOMIC_INLINE type weft_load_##name(box const *a, enum weft_order order)                 \
    {                                                                                             \
        return __atomic_load_n(&a->value, order);                                                 \
    }                                                                                             \
    WEFT_ATOMIC_INLINE void weft_store_##name(box *a, type v, enum weft_order order)              \
    {                                                                                             \
        __atomic_store_n(&a->value, v, order);                                                    \
    }                                                                                             \
    /* Stores v; the value before. */                                                             \
    WEFT_ATOMIC_INLINE type weft_exchange_##name(box *a, type v, enum weft_order order)           \
    {                                                                                             \
        return __atomic_exchange_n(&a->value, v, order);                                          \
    }                                                                                             \
    /* If *a == *seen stores v and is true; else loads *a into *seen and is false. */             \
    WEFT_ATOMIC_INLINE bool weft_cas_##name(box *a, type *seen, type v, enum weft_order order)    \
    {                                                                                             \
        return __atomic_compare_exchange_n(&a->value, seen, v, 0, order, WEFT_LOAD_HALF(order));  \
    }

#define WEFT_ATOMIC_ARITHMETIC(name, type, box)                                                   \
    /* Each gives the value before. */                                                            \
    WEFT_ATOMIC_INLINE type weft_fetch_add_##name(box *a, type v, enum weft_order order)          \
    {                                                                                             \
        return __atomic_fetch_add(&a->value, v, order);                                           \
    }                                                                                             \
    WEFT_ATOMIC_INLINE type weft_fetch_or_##name(box *a, type v, enum weft_order order)           \
    {                                                                                             \
        return __atomic_fetch_or(&a->value, v, order);                                            \
    }                                                                                             \
    WEFT_ATOMIC_INLINE type weft_fetch_and_##name(box *a, type v, enum weft_order order)          \
    {                                                                                             \
        return __atomic_fetch_and(&a->value, v, order);                                           \
    }

WEFT_ATOMIC_FUNCTIONS(u32, uint32_t, weft_atomic_u32)
WEFT_ATOMIC_FUNCTIONS(u64, uint64_t, weft_atomic_u64)
WEFT_ATOMIC_FUNCTIONS(pointer, void *, weft_atomic_pointer)
WEFT_ATOMIC_ARITHMETIC(u32, uint32_t, weft_atomic_u32)
WEFT_ATOMIC_ARITHMETIC(u64, uint64_t, weft_atomic_u64)

/* A full barrier: orders every access before it with every access after it. */
#if defined(__GNUC__) && !defined(__clang__)
/* GCC warns that ThreadSanitizer does not see fences: it may report what they order. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wpragmas"
#pragma GCC diagnostic ignored "-Wtsan"
#endif
WEFT_ATOMIC_INLINE void weft_fence(void)
{
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
}
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic pop
#endif

/* Tells the processor that the caller spins for a moment. */
WEFT_ATOMIC_INLINE void weft_cpu_pause(void)
{
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__) || defined(__arm__)
    __asm__ volatile("yield");
#endif
}

#endif

/* Subtraction wraps like unsigned arithmetic does. */
static inline uint32_t weft_fetch_sub_u32(weft_atomic_u32 *a, uint32_t v, enum weft_order order)
{
    return weft_fetch_add_u32(a, 0u - v, order);
}

static inline uint64_t weft_fetch_sub_u64(weft_atomic_u64 *a, uint64_t v, enum weft_order order)
{
    return weft_fetch_add_u64(a, 0u - v, order);
}

#ifdef __cplusplus
}
#endif

#endif
