/* SPDX-License-Identifier: MIT */
/* FIFO and LIFO, bounded or not: queue_model.c knows what they do. */
#include "queue_model.h"

const char *const fuzz_name = "queue";

void fuzz_prepare(void)
{
}

void fuzz(struct input *in)
{
    weft_queue_options options = {.order = below(in, 4) ? WEFT_FIFO : WEFT_LIFO};
    unsigned capacity = take(in);

    /* Small ones are full and empty all the time; large ones go round now and then. */
    options.capacity = capacity < 32 ? 0 : capacity < 224 ? capacity % 9 + 1 : capacity;
    fuzz_a_queue(in, below(in, 64) + 1, &options);
}
