/* SPDX-License-Identifier: MIT */
/* A pool of one worker that dies somewhere: eight squares, each right or lost, and eight
 * more from the pool that must go on. */
#include "faults.h"
#include "play.h"
#include "weft/error.h"
#include "weft/executor.h"
#include "weft/future.h"

enum { SQUARES = 8 };

static int square(weft_task *task)
{
    int x = WEFT_ARG(task, int);

    return WEFT_RETURN(task, int, x * x);
}

/* Adds to *lost. 0, or PLAY_WRONG, PLAY_NEVER. */
static int eight(weft_executor *pool, unsigned *lost)
{
    weft_future *futures[SQUARES];
    int code = 0;

    for (int i = 0; i < SQUARES; i++)
        if (weft_submit(pool, &futures[i], square, &i, sizeof(i)) != 0)
            return PLAY_WRONG;
    for (int i = 0; i < SQUARES; i++) {
        int y = -1;
        int err = weft_future_result(futures[i], &y, sizeof(y), weft_in(WEFT_S(10)));

        if (err == WEFT_ELOST)
            ++*lost;
        else if (err == WEFT_ETIMEDOUT)
            code = PLAY_NEVER;
        else if (err != 0 || y != i * i)
            code = PLAY_WRONG;
        weft_future_release(futures[i]);
    }
    return code;
}

int play_pool(const char *argument)
{
    weft_executor *pool = weft_process_pool(&(weft_pool_options){.workers = 1});
    unsigned lost = 0;
    int code;

    (void)argument;
    if (!pool)
        return PLAY_WRONG;
    code = eight(pool, &lost);
    if (code == 0)
        code = eight(pool, &lost);
    weft_executor_close(pool);
    if (code != 0)
        return code;
    if (lost > 1) /* one death costs one task */
        return PLAY_WRONG;
    return lost == 0 ? PLAY_RIGHT : PLAY_TOLD;
}
