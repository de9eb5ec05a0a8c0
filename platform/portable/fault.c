/* SPDX-License-Identifier: MIT */
#include "weft/fault.h"

#ifdef WEFT_FAULTS

#include <string.h>

#include "weft/atomic.h"

struct hook {
    weft_fault_function *decide;
};

/* Written with release by weft_fault_hook, read with acquire at each point. */
static weft_atomic_u64 installed;

void weft_fault_hook(weft_fault_function *decide)
{
    struct hook hook = {decide};
    uint64_t bits = 0;

    memcpy(&bits, &hook, sizeof(hook));
    weft_store_u64(&installed, bits, WEFT_RELEASE);
}

int weft_fault_point(const char *point)
{
    uint64_t bits = weft_load_u64(&installed, WEFT_ACQUIRE);
    struct hook hook;

    memcpy(&hook, &bits, sizeof(hook));
    return hook.decide ? hook.decide(point) : 0;
}

#else

/* ISO C forbids an empty file. */
typedef int weft_fault_points_are_off;

#endif
