/* SPDX-License-Identifier: MIT */
#ifndef WEFT_TESTS_CHECK_H
#define WEFT_TESTS_CHECK_H

/*
 * What every test file uses beside CUnit.
 *
 * A file defines its suite at the end:
 *
 *     const char *const suite_name = "queue";
 *     CU_TestInfo suite_cases[] = {
 *         {"get_returns_what_was_put", get_returns_what_was_put},
 *         CU_TEST_INFO_NULL,
 *     };
 *
 * Assert on the main thread only: CUnit's list of failures has no lock. Misuse
 * that no test expects prints its sentence and aborts.
 */

#include <CUnit/CUnit.h>

#include <stdbool.h>
#include <stddef.h>

#include "weft/error.h"
#include "weft/time.h"

extern const char *const suite_name;
extern CU_TestInfo suite_cases[];

/* How long a test waits for what must happen before it fails. Generous: a slow
 * machine is no failure, a hang is. */
#define SOON weft_in(WEFT_S(60))

/* Asserts that a call returned 0, or `expected`; prints weft_last_error() if not. */
#define CHECK_OK(call) check_result(#call, (call), 0, __FILE__, __LINE__)
#define CHECK_ERROR(call, expected) check_result(#call, (call), (expected), __FILE__, __LINE__)
bool check_result(const char *call, int err, int expected, const char *file, int line);

/* Asserts that weft_last_error() contains `part`. */
#define CHECK_SENTENCE(part) check_sentence((part), __FILE__, __LINE__)
bool check_sentence(const char *part, const char *file, int line);

/* The next misuse of any thread is expected to have this code. Check with
 * CHECK_MISUSE_SEEN() that it came. */
void expect_misuse(int code);
#define CHECK_MISUSE_SEEN() CU_ASSERT_TRUE(misuse_seen())
bool misuse_seen(void);

/* Waits until predicate(context) is true; false after a minute. */
bool eventually(bool (*predicate)(void *context), void *context);

/* Says why the rest of the test does not apply here; the caller returns then. */
void skip(const char *why);

#endif
