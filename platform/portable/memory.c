/* SPDX-License-Identifier: MIT */
/*
 * One allocator for all of weft.
 *
 * The allocator may change only while no block is in use, so each block goes back
 * where it came from; `blocks` counts them.
 */
#include "weft/memory.h"

#include <stdlib.h>
#include <string.h>

#include "internal.h"
#include "weft/atomic.h"

static void *from_malloc(void *context, size_t size)
{
    (void)context;
    return malloc(size);
}

static void to_free(void *context, void *memory)
{
    (void)context;
    free(memory);
}

static const weft_allocator system_allocator = {from_malloc, to_free, NULL};

/* Written by weft_set_allocator alone, which its caller keeps apart from all other use. */
static weft_allocator allocator = {from_malloc, to_free, NULL};

/* Blocks in use. Counted relaxed by any thread: only zero or not matters, and only
 * while nobody else allocates. */
static weft_atomic_u64 blocks;

int weft_set_allocator(const weft_allocator *wanted)
{
    uint64_t in_use = weft_load_u64(&blocks, WEFT_ACQUIRE);

    if (!wanted)
        wanted = &system_allocator;
    if (!wanted->allocate || !wanted->release)
        return weft__fail(WEFT_EINVAL, "allocator: %s is NULL",
                          wanted->allocate ? "release" : "allocate");
    if (in_use != 0)
        return weft__fail(WEFT_EBUSY, "allocator: %llu blocks of the present one are in use",
                          (unsigned long long)in_use);
    allocator = *wanted;
    return 0;
}

void *weft__alloc_bytes(size_t size)
{
    void *memory = allocator.allocate(allocator.context, size > 0 ? size : 1);

    if (!memory) {
        weft__fail(WEFT_ENOMEM, "memory: no block of %zu bytes left", size);
        return NULL;
    }
    weft_fetch_add_u64(&blocks, 1, WEFT_RELAXED);
    return memory;
}

void *weft_alloc(size_t size)
{
    void *memory = weft__alloc_bytes(size);

    return memory ? memset(memory, 0, size) : NULL;
}

void weft_free(void *memory)
{
    if (!memory)
        return;
    allocator.release(allocator.context, memory);
    weft_fetch_sub_u64(&blocks, 1, WEFT_RELEASE);
}

char *weft_copy_text(const char *text)
{
    size_t size = strlen(text) + 1;
    char *copy = weft_alloc(size);

    return copy ? memcpy(copy, text, size) : NULL;
}
