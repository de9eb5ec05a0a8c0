/* SPDX-License-Identifier: MIT */
#ifndef WEFT_COMPILER_H
#define WEFT_COMPILER_H

/*
 * What GCC, Clang and MSVC spell differently, except atomics (atomic.h).
 * No other header of weft asks which compiler it meets.
 */

#if defined(_MSC_VER) && !defined(__clang__)
#define WEFT_THREAD_LOCAL __declspec(thread)
#define WEFT_MUST_CHECK
#define WEFT_MAY_BE_UNUSED
#define WEFT_PREFETCH(address) ((void)(address))
#define WEFT_PRINTF(text, first)
#define WEFT_NOINLINE __declspec(noinline)
#elif defined(__cplusplus)
#define WEFT_THREAD_LOCAL thread_local
#define WEFT_MUST_CHECK __attribute__((warn_unused_result))
#define WEFT_MAY_BE_UNUSED __attribute__((unused))
#define WEFT_PREFETCH(address) __builtin_prefetch((address), 1) /* about to be written */
#define WEFT_PRINTF(text, first) __attribute__((__format__(__printf__, text, first)))
#else
#define WEFT_THREAD_LOCAL _Thread_local
#define WEFT_MUST_CHECK __attribute__((warn_unused_result))
#define WEFT_MAY_BE_UNUSED __attribute__((unused))
#define WEFT_PREFETCH(address) __builtin_prefetch((address), 1) /* about to be written */
/* MinGW's printf of C99 needs its own archetype, or %zu and %lld are refused. */
#if defined(__MINGW32__) && !defined(__clang__)
#define WEFT_PRINTF(text, first) __attribute__((__format__(__gnu_printf__, text, first)))
#else
#define WEFT_PRINTF(text, first) __attribute__((__format__(__printf__, text, first)))
#endif
#endif

/* A slow path that would make the fast one, which calls it last, save registers for it. */
#if !defined(WEFT_NOINLINE)
#define WEFT_NOINLINE __attribute__((noinline))
#endif

/*
 * Open and close a block whose end runs `leave(object)` however the block is
 * left: at its end, by break, continue, goto or return. weft/mutex.h builds
 * WEFT_WITH on it. GCC and Clang have an attribute for it, MSVC has __finally;
 * the closing macro is what makes one text do for both.
 */
#if defined(_MSC_VER) && !defined(__clang__)
#define WEFT_SCOPE_BEGIN(type, object, leave)                \
    {                                                        \
        /* C4456: one block inside another hides its variables, as it should. */ \
        __pragma(warning(suppress : 4456))                   \
        type *weft_scope_object = (object);                  \
        __pragma(warning(suppress : 4456))                   \
        void (*weft_scope_leave)(type **) = (leave);         \
        __try
#define WEFT_SCOPE_END                                       \
        __finally { weft_scope_leave(&weft_scope_object); }  \
    }
#else
#define WEFT_SCOPE_BEGIN(type, object, leave) \
    {                                         \
        __attribute__((cleanup(leave), unused)) type *WEFT_SCOPE_NAME(__LINE__) = (object);
#define WEFT_SCOPE_NAME(line) WEFT_SCOPE_PASTE(line) /* nested scopes shadow nothing */
#define WEFT_SCOPE_PASTE(line) weft_scope_object_##line
#define WEFT_SCOPE_END }
#endif

/* Where the calling function's frame is on the thread's stack, as a char *. The address of a
 * variable will not do: AddressSanitizer may keep variables elsewhere. */
#if defined(_MSC_VER) && !defined(__clang__)
#include <intrin.h>
#define WEFT_FRAME_ADDRESS() ((char *)_AddressOfReturnAddress())
#else
#define WEFT_FRAME_ADDRESS() ((char *)__builtin_frame_address(0))
#endif

#endif
