/* SPDX-License-Identifier: MIT */
#ifndef WEFT_PIPE_H
#define WEFT_PIPE_H

/*
 * The parent's ends of a child's standard streams. A thread per pipe moves bytes
 * between the system, which can only block, and memory, on which weft's waits with
 * deadlines work.
 */

#include <stddef.h>
#include <stdint.h>

#include "weft/time.h"

typedef struct weft__pipe weft__pipe;

enum weft__pipe_direction { WEFT__PIPE_IN, WEFT__PIPE_OUT }; /* from or to the child */

/* Takes the system's pipe over, also when it fails. */
int weft__pipe_open(weft__pipe **pipe, uintptr_t system_pipe, enum weft__pipe_direction direction);

/* The contracts of weft_process_read and _write. */
int weft__pipe_read(weft__pipe *pipe, void *buffer, size_t size, size_t *length, weft_time until);
int weft__pipe_write(weft__pipe *pipe, const void *data, size_t size);

/* The child reads end of file after what was written. */
void weft__pipe_finish(weft__pipe *pipe);

/* Nobody uses it any more: it goes when its thread has ended. NULL is allowed. */
void weft__pipe_release(weft__pipe *pipe);

#endif
