/* SPDX-License-Identifier: MIT */
/* CPython: the script in python/. It gets a tenth of the work. */
#include "bench.h"

#define SCRIPT "weft-bench.py"

static const struct foreign standard = {
    .program = SCRIPT,
    .interpreter = "python3",
    .divide = 10,
    .what =
        {
            [FAMILY_QUEUE] = "queue.Queue",
            [FAMILY_PINGPONG] = "queue.Queue",
            [FAMILY_IDLE] = "queue.Queue",
            [FAMILY_POOL] = "ThreadPoolExecutor",
            [FAMILY_RESULT] = "submit().result()",
            [FAMILY_UNCONTENDED] = "threading.Lock",
            [FAMILY_LOCK] = "threading.Lock",
            [FAMILY_PAIRS] = "threading.Thread",
            [FAMILY_THOUSAND] = "threading.Thread",
            [FAMILY_MEMORY] = "threading.Thread",
        },
};

static const struct foreign simple = {
    .program = SCRIPT,
    .interpreter = "python3",
    .divide = 10,
    .what =
        {
            [FAMILY_QUEUE] = "queue.SimpleQueue, unbounded",
            [FAMILY_PINGPONG] = "queue.SimpleQueue",
            [FAMILY_IDLE] = "queue.SimpleQueue",
        },
};

const struct peer peer_python = {.name = "python", .kind = KIND_LIBRARY, .foreign = &standard};
const struct peer peer_python_simple = {
    .name = "python-simple", .kind = KIND_LIBRARY, .foreign = &simple};
