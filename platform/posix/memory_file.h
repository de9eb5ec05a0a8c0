/* SPDX-License-Identifier: MIT */
#ifndef WEFT_POSIX_MEMORY_FILE_H
#define WEFT_POSIX_MEMORY_FILE_H

#include <stddef.h>
#include <stdint.h>

/* A descriptor, closed at exec, of a file of `size` zero bytes that has no name any
 * more; 0, or an error with its sentence. */
int weft__memory_file_create(int *descriptor, size_t size);

/* Backs a part of it with memory. */
int weft__memory_file_commit(int descriptor, uint64_t offset, size_t size);

#endif
