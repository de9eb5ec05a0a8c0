/* SPDX-License-Identifier: MIT */
#ifndef WEFT_PROMISE_H
#define WEFT_PROMISE_H

/* The producer's side of a future: what pools, chains and groups use to end it. */

#include <stdbool.h>
#include <stddef.h>

#include "weft/arena.h"
#include "weft/future.h"

/* A pending future with two references, the consumer's and the producer's; each goes
 * by weft_future_release(). NULL: out of memory. */
weft_future *weft__future_create(void);

/* One more reference. */
void weft__future_retain(weft_future *future);

/* The task begins now; false: it was cancelled, and must not run. */
bool weft__future_begin(weft_future *future);

/* Keeps a copy of the result for weft__future_finish(); the last one counts. */
int weft__future_keep(weft_future *future, const void *result, size_t size);

/* The same without a copy: the block, from weft_alloc(), is the future's from now on. */
void weft__future_keep_block(weft_future *future, void *block, size_t size);

/* The same for a result in the arena, which the future frees in its time. */
void weft__future_keep_shared(weft_future *future, weft_offset result, size_t size);

/* The task has ended: with what was kept (code 0), or with code and sentence. Runs the
 * callbacks: call it with no lock held. */
void weft__future_finish(weft_future *future, int code, const char *sentence);

/* weft_future_cancel() for clean-up: leaves weft_last_error() alone. True: it is cancelled, or
 * another thread is just about to do it; its task never runs. */
bool weft__future_withdraw(weft_future *future);

/* Nobody but the producer has it: its failure would go unheard. */
bool weft__future_unheard(const weft_future *future);

/* future_callback.c: the callback with this context, which no other has, will not come; false:
 * it has come, or is just about to. */
bool weft__future_forget(weft_future *future, const void *context);

/* Of a future that is done: the result in place, and code and sentence of what went wrong
 * (0 and NULL for a result). Both leave weft_last_error() alone. */
const void *weft__future_bytes(const weft_future *future, size_t *size);
int weft__future_error(const weft_future *future, const char **sentence);

/* For a future that has no task and never gets one: weft_future_interrupt() calls this
 * instead of cancelling it, as long as it is pending; the call may come while it gets done,
 * or after. Set before others have the future. */
void weft__future_on_interrupt(weft_future *future,
                               void (*interrupt)(weft_future *future, void *context),
                               void *context);

/* future_follow.c: the future cannot be done before its source, so a worker that waits for
 * it helps the source first. Keeps a reference of the source, until the future is gone or
 * gets a task. Called once. */
void weft__future_follow(weft_future *future, weft_future *source);

/* It follows nothing any more: the source, with that reference; NULL: it followed none. */
weft_future *weft__future_unfollow(weft_future *future);

/* What it follows, with a reference for the caller, or NULL. */
weft_future *weft__future_source(weft_future *future);

/* future_group.c: visits members of a group that are not done, until one visit is true.
 * `needed`: only if the group cannot be done without each of them. */
bool weft__group_visit(weft_future *group, bool needed,
                       bool (*visit)(weft_future *member, void *context), void *context);

/* completion.c: another future for an iteration of weft_as_completed(), told of as
 * `index`. An empty one is made by weft_as_completed(&c, NULL, 0). */
int weft__completion_add(weft_completion *completion, weft_future *future, size_t index);

#endif
