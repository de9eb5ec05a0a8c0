/* SPDX-License-Identifier: MIT */
#ifndef WEFT_PROMISE_H
#define WEFT_PROMISE_H

/* The producer's side of a future: what pools use to end it. */

#include <stdbool.h>
#include <stddef.h>

#include "weft/arena.h"
#include "weft/future.h"

/* A pending future with two references, the consumer's and the producer's; each goes
 * by weft_future_release(). NULL: out of memory. */
weft_future *weft__future_create(void);

/* The task begins now; false: it was cancelled, and must not run. */
bool weft__future_begin(weft_future *future);

/* Keeps a copy of the result for weft__future_finish(); the last one counts. */
int weft__future_keep(weft_future *future, const void *result, size_t size);

/* The same for a result in the arena, which the future frees in its time. */
void weft__future_keep_shared(weft_future *future, weft_offset result, size_t size);

/* The task has ended: with what was kept (code 0), or with code and sentence. Runs the
 * callbacks: call it with no lock held. */
void weft__future_finish(weft_future *future, int code, const char *sentence);

/* weft_future_cancel() for clean-up: leaves weft_last_error() alone. True: cancelled. */
bool weft__future_withdraw(weft_future *future);

/* Nobody but the producer has it: its failure would go unheard. */
bool weft__future_unheard(const weft_future *future);

/* completion.c: another future for an iteration of weft_as_completed(), told of as
 * `index`. An empty one is made by weft_as_completed(&c, NULL, 0). */
int weft__completion_add(weft_completion *completion, weft_future *future, size_t index);

#endif
