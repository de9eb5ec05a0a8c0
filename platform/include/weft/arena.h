/* SPDX-License-Identifier: MIT */
#ifndef WEFT_ARENA_H
#define WEFT_ARENA_H

/*
 * The memory that the processes of one program share.
 *
 * It is made at the first use, has no name, and every child inherits it; it is
 * gone when the last process is, however they die. Processes map it at different
 * addresses, so what travels between them is an offset, never a pointer.
 *
 *     weft_offset numbers;
 *     CHECK(weft_arena_alloc(&numbers, 100 * sizeof(int)));
 *     int *n = weft_arena_pointer(numbers);     // in this process
 *
 * weft/shared.h has locks and queues that live here.
 */

#include <stddef.h>
#include <stdint.h>

#include "compiler.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef uint64_t weft_offset; /* bytes from the start of the arena; 0: none */

/**
 * A zeroed block of shared memory.
 *
 * @param offset  receives its place, a multiple of 64
 * @param size    bytes
 * @return 0; WEFT_ENOMEM: the arena or the system's shared memory is full;
 *         WEFT_ELIMIT: the arena cannot be made
 *
 * Threads: any, in any process of the program.   Python: SharedMemory(create=True).
 */
WEFT_MUST_CHECK int weft_arena_alloc(weft_offset *offset, size_t size);

/**
 * The block can be used for something else.
 *
 * @param offset  of weft_arena_alloc(), by any process; 0: nothing happens
 *
 * Threads: any, in any process.   Python: SharedMemory.unlink.
 */
void weft_arena_free(weft_offset offset);

/** Where the block is in this process; NULL for 0 or before the arena exists. Threads: any. */
void *weft_arena_pointer(weft_offset offset);

/** The offset of an address in the arena; 0: it is not there. Threads: any. */
weft_offset weft_arena_offset(const void *pointer);

#ifdef __cplusplus
}
#endif

#endif
