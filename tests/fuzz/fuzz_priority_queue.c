/* SPDX-License-Identifier: MIT */
/* Priority order, equal items in the order of putting: against a sorted array, which is
 * queue_model.c. */
#include "queue_model.h"

const char *const fuzz_name = "priority_queue";

void fuzz_prepare(void)
{
}

void fuzz(struct input *in)
{
    weft_queue_options options = {.order = WEFT_PRIORITY, .compare = compare_first_byte};
    unsigned capacity = take(in);

    options.capacity = capacity < 64 ? 0 : capacity < 160 ? capacity % 9 + 1 : capacity;
    fuzz_a_queue(in, below(in, 40) + 1, &options);
}
