/* SPDX-License-Identifier: MIT */
#ifndef WEFT_FAULT_H
#define WEFT_FAULT_H

/*
 * Named places where a test may make weft fail, wait, die or yield.
 *
 * Builds without WEFT_FAULTS (all but test builds) contain none of them.
 *
 *     err = weft_fault_point("thread.start");
 *     if (err != 0)
 *         return weft__fail(err, "thread %s: refused by a test", name);
 */

#ifdef __cplusplus
extern "C" {
#endif

/* Decides about one passage of a fault point: 0 goes on, a WEFT_E... code fails there. */
typedef int weft_fault_function(const char *point);

#ifdef WEFT_FAULTS

/**
 * `decide` is asked at every fault point from now on.
 *
 * @param decide  may sleep, kill the process or return an error; called by any
 *                thread, with whatever locks the place holds; NULL: nobody
 *
 * Threads: any.
 */
void weft_fault_hook(weft_fault_function *decide);

/** What the hook says of this point; 0 without a hook. Threads: any. */
int weft_fault_point(const char *point);

#else

#define weft_fault_point(point) 0

#endif

#ifdef __cplusplus
}
#endif

#endif
