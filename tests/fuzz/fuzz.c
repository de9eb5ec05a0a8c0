/* SPDX-License-Identifier: MIT */
/* Between a fuzzer and whoever makes its inputs: libFuzzer, or replay.c. */
#include "fuzz.h"

#include <stdio.h>
#include <stdlib.h>

#include "weft/atomic.h"
#include "weft/error.h"
#include "weft/memory.h"
#include "weft/time.h"

static weft_atomic_u32 blocks;
static weft_atomic_u32 until_refusal; /* allocations; 0: none is refused */
static weft_atomic_u32 refused;       /* one was */
static weft_atomic_u32 misuse;        /* -code that is expected; 0: none */

unsigned take(struct input *in)
{
    if (in->left == 0)
        return 0;
    in->left--;
    return *in->next++;
}

unsigned below(struct input *in, unsigned n)
{
    return take(in) % n;
}

void fuzz_fail(const char *condition, const char *file, int line)
{
    fprintf(stderr, "%s:%d: not true: %s; last error: %s\n", file, line, condition,
            weft_last_error());
    abort();
}

void fuzz_equal(long long value, long long expected, const char *text, const char *file, int line)
{
    if (value == expected)
        return;
    fprintf(stderr, "%s:%d: %s is %lld, expected %lld; last error: %s\n", file, line, text, value,
            expected, weft_last_error());
    abort();
}

/* ---- memory ------------------------------------------------------------------ */

static bool is_refused(void)
{
    uint32_t left = weft_load_u32(&until_refusal, WEFT_RELAXED);

    while (left > 0)
        if (weft_cas_u32(&until_refusal, &left, left - 1, WEFT_RELAXED)) {
            weft_store_u32(&refused, left == 1, WEFT_RELAXED);
            return left == 1;
        }
    return false;
}

static void *allocate(void *context, size_t size)
{
    void *memory = is_refused() ? NULL : malloc(size);

    (void)context;
    if (memory)
        weft_fetch_add_u32(&blocks, 1, WEFT_RELAXED);
    return memory;
}

static void release(void *context, void *memory)
{
    (void)context;
    weft_fetch_sub_u32(&blocks, 1, WEFT_RELAXED);
    free(memory);
}

void refuse_allocation(unsigned n)
{
    weft_store_u32(&refused, 0, WEFT_RELAXED);
    weft_store_u32(&until_refusal, n, WEFT_RELAXED);
}

bool was_refused(void)
{
    return weft_load_u32(&refused, WEFT_RELAXED) != 0;
}

uint32_t blocks_in_use(void)
{
    return weft_load_u32(&blocks, WEFT_RELAXED);
}

/* ---- misuse ------------------------------------------------------------------ */

static void on_misuse(int code, const char *sentence)
{
    uint32_t expected = (uint32_t)-code;

    if (weft_cas_u32(&misuse, &expected, 0, WEFT_ACQ_REL))
        return;
    fprintf(stderr, "unexpected misuse, %s: %s\n", weft_strerror(code), sentence);
    abort();
}

void expect_misuse(int code)
{
    weft_store_u32(&misuse, (uint32_t)-code, WEFT_RELEASE);
}

void require_misuse_seen(void)
{
    REQUIRE_EQUAL(weft_load_u32(&misuse, WEFT_ACQUIRE), 0);
}

/* ---- the entry --------------------------------------------------------------- */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const weft_allocator counting = {allocate, release, NULL};
    static bool ready;
    struct input in = {data, size};
    uint32_t before;

    if (!ready) {
        weft_on_misuse(on_misuse);
        REQUIRE_EQUAL(weft_set_allocator(&counting), 0);
        fuzz_prepare();
        ready = true;
    }
    before = blocks_in_use();
    fuzz(&in);
    refuse_allocation(0);
    /* A pool's worker may be about to free what it has just finished. */
    for (int i = 0; i < 5000 && blocks_in_use() != before; i++)
        weft_sleep(WEFT_MS(1));
    REQUIRE_EQUAL(blocks_in_use(), before);
    return 0;
}
