/* SPDX-License-Identifier: MIT */
#ifndef WEFT_PIPE_H
#define WEFT_PIPE_H

/*
 * The parent's ends of a child's standard streams. A thread per pipe moves bytes
 * between the system, which can only block, and memory, on which weft's waits with
 * deadlines work.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "weft/time.h"

typedef struct weft__pipe weft__pipe;

enum weft__pipe_direction { WEFT__PIPE_IN, WEFT__PIPE_OUT }; /* from or to the child */

/* Its thread stands by; until weft__pipe_begin() it may only be released. */
int weft__pipe_create(weft__pipe **pipe, enum weft__pipe_direction direction);

/* The system's pipe is there, and taken over. Once. */
void weft__pipe_begin(weft__pipe *pipe, uintptr_t system_pipe);

/* The contracts of weft_process_read and _write. */
int weft__pipe_read(weft__pipe *pipe, void *buffer, size_t size, size_t *length, weft_time until);
int weft__pipe_write(weft__pipe *pipe, const void *data, size_t size);

/* The child reads end of file after what was written. */
void weft__pipe_finish(weft__pipe *pipe);
bool weft__pipe_is_finished_by_owner(weft__pipe *pipe);

/* From now on whatever comes is kept, however much. */
void weft__pipe_keep_all(weft__pipe *pipe);

/* All has come. Errors as weft__pipe_read(); sets no last error. */
int weft__pipe_await_end(weft__pipe *pipe, weft_time until);

/* What has come and was not read is the caller's, with a 0 behind it, from weft_alloc(). */
int weft__pipe_take_all(weft__pipe *pipe, char **data, size_t *size);

/* Nobody uses it any more: it goes when its thread has ended. NULL is allowed. */
void weft__pipe_release(weft__pipe *pipe);

#endif
