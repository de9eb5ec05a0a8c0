/* SPDX-License-Identifier: MIT */
/* An idle worker is killed; a map of 8 right after it must not notice. */
#include "faults.h"
#include "system.h"
#include "weft/error.h"
#include "weft/executor.h"
#include "weft/future.h"
#include "weft/process.h"

static int whoami(weft_task *task)
{
    return WEFT_RETURN(task, uint64_t, weft_process_current_pid());
}

static int triple(weft_task *task)
{
    return WEFT_RETURN(task, int, WEFT_ARG(task, int) * 3);
}

/* The process of some worker; 0: it could not be asked. */
static uint64_t some_worker(weft_executor *pool)
{
    weft_future *future;
    uint64_t pid = 0;

    if (weft_submit(pool, &future, whoami, NULL, 0) != 0)
        return 0;
    if (weft_future_result(future, &pid, sizeof(pid), FAULT_PATIENCE) != 0)
        pid = 0;
    weft_future_release(future);
    return pid;
}

static void try_once(weft_executor *pool, struct score *score)
{
    const int in[8] = {1, 2, 3, 4, 5, 6, 7, 8};
    uint64_t pid = some_worker(pool);
    bool right = true;
    int out[8] = {0};
    weft_time killed;
    int err;

    if (fault_random(2) == 0)
        weft_sleep(fault_random((uint32_t)WEFT_MS(5))); /* it sleeps by now, or looks still */
    killed = weft_clock();
    if (pid == 0 || !system_kill(pid)) {
        score->wrong++;
        fault_note(score, "no worker to kill: %s", weft_last_error());
        return;
    }
    err = weft_map(pool, triple, WEFT_ITEMS(in), WEFT_ITEMS(out), FAULT_PATIENCE);
    for (int i = 0; i < 8; i++)
        right &= out[i] == in[i] * 3;
    if (err == 0 && right) {
        score->right++;
        fault_took(score, killed, weft_clock());
    } else if (err == WEFT_ETIMEDOUT) {
        score->never++;
    } else if (err == WEFT_ELOST) {
        score->told++; /* it died at the first of them: then that one is lost */
    } else {
        score->wrong++;
        fault_note(score, "%d: %s", err, err ? weft_last_error() : "not the triples");
    }
}

void case_idle(unsigned trials, struct score *score)
{
    weft_executor *pool = weft_process_pool(&(weft_pool_options){.workers = 2});

    score->goal = WEFT_MS(200);
    for (unsigned i = 0; i < trials && pool; i++)
        try_once(pool, score);
    if (!pool)
        score->wrong++;
    weft_executor_close(pool);
}
