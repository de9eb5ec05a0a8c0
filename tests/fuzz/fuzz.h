/* SPDX-License-Identifier: MIT */
#ifndef WEFT_TESTS_FUZZ_H
#define WEFT_TESTS_FUZZ_H

/*
 * What the fuzzers share. Each defines fuzz(), which reads bytes as a sequence of
 * operations, does them, and compares with a simple model after each. It must leave no
 * block of weft's memory behind: that is checked after each input.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct input {
    const uint8_t *next;
    size_t left;
};

/* Called once, and for each input. */
void fuzz_prepare(void);
void fuzz(struct input *in);

/* Also the name of its corpus. */
extern const char *const fuzz_name;

/* The next byte; 0 when there are no more. */
unsigned take(struct input *in);

/* A number from the next byte: 0 to n - 1. */
unsigned below(struct input *in, unsigned n);

/* Says where and why, and aborts: the fuzzer, or replay.c, keeps the input. */
#define REQUIRE(condition) ((condition) ? (void)0 : fuzz_fail(#condition, __FILE__, __LINE__))
#define REQUIRE_EQUAL(value, expected)                                                             \
    fuzz_equal((long long)(value), (long long)(expected), #value, __FILE__, __LINE__)
void fuzz_fail(const char *condition, const char *file, int line);
void fuzz_equal(long long value, long long expected, const char *text, const char *file, int line);

/* The n-th allocation from now on is refused (1: the next); 0: none. */
void refuse_allocation(unsigned n);

/* Whether the one that was to be refused has been asked for, since refuse_allocation(). */
bool was_refused(void);

/* Blocks of weft's memory in use. */
uint32_t blocks_in_use(void);

/* The next misuse is expected and has this code; any other aborts. */
void expect_misuse(int code);
void require_misuse_seen(void);

#endif
