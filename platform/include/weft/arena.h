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
 *     CHECK(weft_shared_alloc(&numbers, 100 * sizeof(int)));
 *     int *n = weft_shared_pointer(numbers);     // in this process
 *
 * It grows as it is used, to 64 GiB of room on 64-bit POSIX systems, 16 GiB on 64-bit
 * Windows, 64 MiB elsewhere, less where the process may not have as much address space;
 * what is not used costs nothing. A large block (1 MiB and more) takes the pages that were
 * asked for and gives them back to the system when it is freed, but for some MiB (128 of
 * 64 GiB) that wait for the next block of about that size, as all do on Windows and plain
 * POSIX, which take nothing back. Core dumps leave the arena out where the system can.
 *
 * weft/shared.h has locks, weft/shared_queue.h queues, and weft/shared_value.h typed values
 * that live here.
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
 * @return 0; WEFT_ENOMEM: the arena or the system's shared memory is full, the sentence
 *         says which; WEFT_ELIMIT: the arena cannot be made; WEFT_EPERM: misuse, this process
 *         was forked off one of weft's
 *
 * Threads: any, in any process of the program.   Python: SharedMemory(create=True).
 */
WEFT_MUST_CHECK int weft_shared_alloc(weft_offset *offset, size_t size);

/**
 * The block can be used for something else.
 *
 * @param offset  of weft_shared_alloc(), by any process; 0: nothing happens
 *
 * Threads: any, in any process.   Python: SharedMemory.unlink.
 */
void weft_shared_free(weft_offset offset);

/* What the arena holds. */
typedef struct weft_shared_usage {
    uint64_t blocks;    /* in use */
    uint64_t bytes;     /* in them, with what rounding up costs */
    uint64_t committed; /* bytes that the system has set aside for the arena */
    uint64_t most;      /* bytes of room */
} weft_shared_usage;

/** Figures that belong together only while nobody allocates or frees; all 0 before the arena
 * exists. Looks at every block there is, so that they are right whoever was killed when.
 * Threads: any. */
void weft_shared_usage_get(weft_shared_usage *usage);

/** Where the block is in this process; NULL for 0 or before the arena exists. Threads: any. */
void *weft_shared_pointer(weft_offset offset);

/** The offset of an address in the arena; 0: it is not there. Threads: any. */
weft_offset weft_shared_offset(const void *pointer);

#ifdef __cplusplus
}
#endif

#endif
