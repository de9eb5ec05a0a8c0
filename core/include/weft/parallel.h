/* SPDX-License-Identifier: MIT */
#ifndef WEFT_PARALLEL_H
#define WEFT_PARALLEL_H

/*
 * Work that is split while it is done: loops and recursion over the threads of a pool.
 *
 *     static void scale(size_t first, size_t last, void *context)
 *     {
 *         struct vectors *v = context;
 *         for (size_t i = first; i < last; i++)
 *             v->y[i] = 2 * v->x[i];
 *     }
 *     CHECK(weft_parallel_for(pool, count, scale, &v, WEFT_FOREVER));
 *
 *     static void fib(void *context)
 *     {
 *         struct fib *f = context;
 *         struct fib a = {f->n - 1}, b = {f->n - 2};
 *         if (f->n > 1)
 *             weft_both(fib, &a, fib, &b);
 *         f->result = f->n > 1 ? a.result + b.result : f->n;
 *     }
 *
 * Nothing is copied here: the caller's variables may be used, because both calls return
 * only when all of it has ended.
 */

#include <stddef.h>

#include <weft/compiler.h>
#include "executor.h"
#include <weft/time.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Does the places first to last - 1. Called several times, in several threads at once. */
typedef void weft_range_function(size_t first, size_t last, void *context);

/**
 * `body` has been called for ranges that together are 0 to count - 1, each place once.
 *
 * The caller works too. It begins alone, and shares the rest with the pool once that
 * pays: a loop of microseconds costs no wake-up. Ranges shrink towards the end, so that
 * all end together.
 *
 * @param executor  a pool of threads
 * @param count     places; 0: nothing happens
 * @param until     no range begins after it
 * @return 0; WEFT_ETIMEDOUT, WEFT_ECANCELED: ranges were left out, none runs any more;
 *         WEFT_ENOTSUP: a pool of processes; WEFT_ECLOSED: the pool was shut down
 *
 * Threads: any, tasks of the pool too.   OpenMP: parallel for. TBB: parallel_for. GCD:
 * dispatch_apply_f.
 */
int weft_parallel_for(weft_executor *executor, size_t count, weft_range_function *body,
                      void *context, weft_time until);

typedef void weft_branch_function(void *context);

/**
 * a(a_context) and b(b_context) have returned; they may have run at the same time.
 *
 * In a task of a pool of threads another worker may take b, if it has time; otherwise,
 * and outside a pool, the caller runs a and then b. While b runs elsewhere the caller
 * works on what b has split off itself, and on nothing else.
 *
 * Threads: any.   Rayon: join. TBB: parallel_invoke. Cilk: spawn and sync.
 */
void weft_both(weft_branch_function *a, void *a_context, weft_branch_function *b,
               void *b_context);

#ifdef __cplusplus
}
#endif

#endif
