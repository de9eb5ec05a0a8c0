/* SPDX-License-Identifier: MIT */
#include "check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support.h"
#include "weft/atomic.h"

static weft_atomic_u32 expected_misuse; /* -code that is expected, 0: none; any thread */
static weft_atomic_u32 seen_misuse;     /* 1: it came */

bool check_result(const char *call, int err, int expected, const char *file, int line)
{
    if (err != expected) {
        printf("\n    %s:%d: %s returned %s, expected %s; last error: %s\n", file, line, call,
               weft_strerror(err), weft_strerror(expected), weft_last_error());
    }
    return CU_assertImplementation(err == expected, (unsigned)line, call, file, "", CU_FALSE);
}

bool check_sentence(const char *part, const char *file, int line)
{
    bool found = strstr(weft_last_error(), part) != NULL;

    if (!found)
        printf("\n    %s:%d: '%s' is not in: %s\n", file, line, part, weft_last_error());
    return CU_assertImplementation(found, (unsigned)line, part, file, "", CU_FALSE);
}

void expect_misuse(int code)
{
    weft_store_u32(&seen_misuse, 0, WEFT_RELAXED);
    weft_store_u32(&expected_misuse, (uint32_t)-code, WEFT_RELEASE);
}

bool misuse_seen(void)
{
    weft_store_u32(&expected_misuse, 0, WEFT_RELAXED);
    return weft_load_u32(&seen_misuse, WEFT_ACQUIRE) != 0;
}

void support_on_misuse(int code, const char *sentence)
{
    uint32_t wanted = (uint32_t)-code;

    if (weft_cas_u32(&expected_misuse, &wanted, 0, WEFT_ACQ_REL)) {
        weft_store_u32(&seen_misuse, 1, WEFT_RELEASE);
        return;
    }
    fprintf(stderr, "\n    unexpected misuse, %s: %s\n", weft_strerror(code), sentence);
    abort();
}

bool eventually(bool (*predicate)(void *context), void *context)
{
    weft_time until = SOON;

    while (!predicate(context)) {
        if (weft_clock() > until)
            return false;
        weft_sleep(WEFT_MS(1));
    }
    return true;
}

void skip(const char *why)
{
    printf("skipped: %s ... ", why);
}
