/* SPDX-License-Identifier: MIT */
#ifndef WEFT_CHILD_H
#define WEFT_CHILD_H

/* What a parent leaves in the arena for a child, and the child for its parent. */

#include <stdbool.h>
#include <stdint.h>

#include "internal.h"

struct weft__child_block {
    weft__function_ref function; /* these are the parent's, written before the start */
    uint64_t size;               /* of the argument, which follows the block; the name follows it */
    int32_t error;               /* these are the child's, written before it exits; the parent */
    char sentence[256];          /* reads them after it has */
};

_Static_assert(sizeof(struct weft__child_block) % 16 == 0, "the argument is aligned for any type");

/* Whether weft_main() has run: without it, a child would run main() again. */
bool weft__main_called(void);

#endif
