/* SPDX-License-Identifier: MIT */
#ifndef WEFT_TESTS_FAIL_H
#define WEFT_TESTS_FAIL_H

/*
 * Refusing memory, and refusing at fault points, so that a test sees every error
 * path: at the first allocation, at the second, and so on.
 */

#include <stddef.h>
#include <stdint.h>

/* Makes one object and closes it again: 0, or the error of the constructor. */
typedef int attempt_function(void *context);

/*
 * Refuses the 1st, the 2nd, ... allocation of attempt(context) until none is left to
 * refuse. Asserts that each refusal gives WEFT_ENOMEM with a sentence, that no block is
 * left over, and that the last attempt succeeds. Returns how many were refused.
 */
size_t refuse_each_allocation(attempt_function *attempt, void *context);

/* The same with the passages of one fault point, each of which fails with `code`. */
size_t refuse_each_passage(const char *point, int code, attempt_function *attempt, void *context);

/* Asserts that weft's memory comes from the counting allocator from now on, and that
 * all of it is back at the end. */
void watch_memory(void);
void unwatch_memory(void);
uint32_t blocks_in_use(void);

/* While watched, the n-th allocation from now on is refused (1: the next one); 0: none. */
void refuse_allocation(uint32_t n);

/* The n-th passage of the point from now on fails with `code`; 0: none does. The text
 * stays the caller's. */
void refuse_passage(const char *point, uint32_t n, int code);

#endif
