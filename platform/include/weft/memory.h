/* SPDX-License-Identifier: MIT */
#ifndef WEFT_MEMORY_H
#define WEFT_MEMORY_H

/* All memory of weft comes through here. */

#include <stddef.h>

#include "compiler.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct weft_allocator {
    void *(*allocate)(void *context, size_t size); /* aligned as malloc's; NULL: none left */
    void (*release)(void *context, void *memory);  /* memory is never NULL */
    void *context;                                 /* handed to both */
} weft_allocator;

/**
 * Memory comes from `allocator` from now on.
 *
 * @param allocator  copied; NULL: malloc and free again
 * @return 0; WEFT_EBUSY: blocks of the present allocator are still in use, and
 *         nothing has changed; WEFT_EINVAL: a function is missing
 *
 * Threads: call it before others use weft.
 */
int weft_set_allocator(const weft_allocator *allocator);

/**
 * A block of zeroed memory.
 *
 * @param size  bytes; 0 gives a block too
 * @return the block, the caller's until weft_free(); NULL: out of memory, and
 *         weft_last_error() says how much was asked for
 *
 * Threads: any.   Standard: calloc.
 */
WEFT_MUST_CHECK void *weft_alloc(size_t size);

/** Gives a block of weft_alloc() back; NULL is allowed. Threads: any. */
void weft_free(void *memory);

/** A copy of `text` from weft_alloc(), or NULL: out of memory. Threads: any. */
WEFT_MUST_CHECK char *weft_copy_text(const char *text);

#ifdef __cplusplus
}
#endif

#endif
