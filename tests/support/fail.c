/* SPDX-License-Identifier: MIT */
/*
 * Both countdowns are taken by any thread of weft; the one that takes 1 is refused, so
 * exactly one is. They are set while the code under test is at rest.
 */
#include "fail.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "weft/atomic.h"
#include "weft/fault.h"
#include "weft/memory.h"

enum { ATTEMPTS = 500 }; /* no constructor asks that often */

static weft_atomic_u32 allocations_left; /* until one is refused; 0: none will be */
static weft_atomic_u32 passages_left;    /* likewise */
static weft_atomic_u32 blocks;           /* given out by the counting allocator */

/* Written before the hook is set, read by it; a thread that does the last of its work may
 * be in it all the while. */
static weft_atomic_pointer refused_point; /* const char * */
static weft_atomic_u32 refused_code;      /* negated */

/* Counts down; true for the one that is to be refused. */
static bool is_refused(weft_atomic_u32 *left)
{
    uint32_t seen = weft_load_u32(left, WEFT_RELAXED);

    while (seen > 0)
        if (weft_cas_u32(left, &seen, seen - 1, WEFT_RELAXED))
            return seen == 1;
    return false;
}

static void *allocate(void *context, size_t size)
{
    void *memory;

    (void)context;
    if (is_refused(&allocations_left))
        return NULL;
    memory = malloc(size);
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

static int decide(const char *point)
{
    if (strcmp(point, weft_load_pointer(&refused_point, WEFT_ACQUIRE)) != 0 ||
        !is_refused(&passages_left))
        return 0;
    return -(int)weft_load_u32(&refused_code, WEFT_RELAXED);
}

void refuse_allocation(uint32_t n)
{
    weft_store_u32(&allocations_left, n, WEFT_RELAXED);
}

void refuse_passage(const char *point, uint32_t n, int code)
{
    void *name;

    weft_fault_hook(NULL);
    if (n == 0)
        return;
    memcpy(&name, &point, sizeof(name)); /* pointers to const are not atomic */
    weft_store_u32(&refused_code, (uint32_t)-code, WEFT_RELAXED);
    weft_store_pointer(&refused_point, name, WEFT_RELEASE);
    weft_store_u32(&passages_left, n, WEFT_RELAXED);
    weft_fault_hook(decide);
}

uint32_t blocks_in_use(void)
{
    return weft_load_u32(&blocks, WEFT_RELAXED);
}

/* Threads that nobody joins give their memory back a moment after they are done, and
 * until then the allocator cannot change. */
static bool allocator_changes_to(void *allocator)
{
    return weft_set_allocator(allocator) == 0;
}

static bool is_down_to(void *context)
{
    return blocks_in_use() <= *(uint32_t *)context;
}

void watch_memory(void)
{
    static weft_allocator counting = {allocate, release, NULL};

    refuse_allocation(0);
    CU_ASSERT_TRUE(eventually(allocator_changes_to, &counting));
}

void unwatch_memory(void)
{
    refuse_allocation(0);
    CU_ASSERT_TRUE(eventually(allocator_changes_to, NULL));
    CU_ASSERT_EQUAL(blocks_in_use(), 0);
}

/* Memory if `point` is NULL. */
static void refuse(const char *point, uint32_t n, int code)
{
    if (point)
        refuse_passage(point, n, code);
    else
        refuse_allocation(n);
}

static size_t sweep(const char *point, int code, attempt_function *attempt, void *context)
{
    const weft_atomic_u32 *left = point ? &passages_left : &allocations_left;
    bool reached = true;
    size_t refused = 0;

    watch_memory();
    for (uint32_t n = 1; reached && n < ATTEMPTS; n++) {
        uint32_t before = blocks_in_use();

        refuse(point, n, code);
        int err = attempt(context);
        reached = weft_load_u32(left, WEFT_RELAXED) == 0;
        refuse(point, 0, 0);
        if (check_result("attempt", err, reached ? code : 0, __FILE__, __LINE__) && reached)
            CHECK_SENTENCE(" ");
        refused += reached;
        CU_ASSERT_TRUE(eventually(is_down_to, &before));
    }
    CU_ASSERT_FALSE(reached);
    unwatch_memory();
    return refused;
}

size_t refuse_each_allocation(attempt_function *attempt, void *context)
{
    return sweep(NULL, WEFT_ENOMEM, attempt, context);
}

size_t refuse_each_passage(const char *point, int code, attempt_function *attempt, void *context)
{
    return sweep(point, code, attempt, context);
}
