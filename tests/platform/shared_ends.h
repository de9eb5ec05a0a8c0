/* SPDX-License-Identifier: MIT */
#ifndef WEFT_TESTS_SHARED_ENDS_H
#define WEFT_TESTS_SHARED_ENDS_H

/* Shared pipes and numbers that go through them, for the tests of shared pipes. */

#include "check.h"

#include <stddef.h>
#include <stdint.h>

#include "weft/shared_pipe.h"

struct ends {
    weft_shared_pipe one, other;
};

static inline struct ends make_pipe(size_t bytes)
{
    struct ends p;

    CU_ASSERT_EQUAL_FATAL(weft_shared_pipe_create(&p.one, &p.other, bytes), 0);
    return p;
}

static inline void close_pipe(struct ends p)
{
    weft_shared_pipe_close(p.one);
    weft_shared_pipe_close(p.other);
}

static inline int send_number(weft_shared_pipe end, uint32_t number, weft_time until)
{
    return weft_shared_pipe_send(end, &number, sizeof(number), until);
}

static inline int receive_number(weft_shared_pipe end, uint32_t *number, weft_time until)
{
    return weft_shared_pipe_receive(end, number, sizeof(*number), NULL, until);
}

/* Asserts that the next message is this number. */
static inline void expect_number(weft_shared_pipe end, uint32_t expected)
{
    uint32_t number = expected + 1;

    CHECK_OK(receive_number(end, &number, SOON));
    CU_ASSERT_EQUAL(number, expected);
}

#endif
