/* SPDX-License-Identifier: MIT */
#ifndef WEFT_POSIX_MEMORY_FILE_H
#define WEFT_POSIX_MEMORY_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A descriptor, closed at exec, of a file of `size` zero bytes that has no name any
 * more; 0, or an error with its sentence. */
int weft__memory_file_create(int *descriptor, size_t size);

/* mmap() of all of it. */
void *weft__memory_file_map(int descriptor, size_t size);

/* Backs a part of it, mapped at `at`, with memory. The descriptor is -1 where this process
 * has lost it. */
int weft__memory_file_commit(int descriptor, void *at, uint64_t offset, size_t size);

/* The part holds nothing any more, and reads as zero. False: nothing was done. */
bool weft__memory_file_discard(int descriptor, void *at, uint64_t offset, size_t size);

#endif
