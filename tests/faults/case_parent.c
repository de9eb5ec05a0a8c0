/* SPDX-License-Identifier: MIT */
/* The parent of four workers, idle or busy, is killed or asked to end. 100 ms later none of
 * them is left, nor anything in shared memory. */
#include <string.h>

#include "family.h"
#include "faults.h"
#include "system.h"
#include "weft/error.h"
#include "weft/executor.h"

static int loop(weft_task *task)
{
    volatile int for_ever = 1;

    (void)task;
    while (for_ever)
        continue;
    return 0;
}

int play_parent(const char *argument)
{
    weft_executor *pool =
        weft_process_pool(&(weft_pool_options){.workers = FAMILY_WORKERS});

    if (!pool || family_tell(pool) != 0)
        return 1;
    for (int i = 0; i < 8 && strcmp(argument, "busy") == 0; i++)
        if (weft_submit(pool, NULL, loop, NULL, 0) != 0)
            return 1;
    weft_sleep(WEFT_S(60));
    return 1;
}

static void try_once(bool busy, bool asks, struct score *score)
{
    struct family family;
    weft_process_status status;
    weft_time ended, gone;

    if (family_start(&family, "--parent", busy ? "busy" : "idle") != 0) {
        score->wrong++;
        fault_note(score, "not started: %s", weft_last_error());
        return;
    }
    weft_sleep(fault_random((uint32_t)WEFT_MS(3))); /* so that some have begun to loop */
    ended = weft_clock();
    if (asks)
        weft_process_terminate(family.parent);
    else
        weft_process_kill(family.parent);
    gone = family_gone(&family);
    if (gone == 0) {
        score->never++;
        for (int i = 0; i < FAMILY_WORKERS; i++)
            system_kill(family.workers[i]);
    } else {
        score->right++;
        fault_took(score, ended, gone);
    }
    family_end(&family, &status);
}

static void run(unsigned trials, bool asks, struct score *score)
{
    unsigned before = system_leftovers();

    score->goal = WEFT_MS(100);
    for (unsigned i = 0; i < trials; i++)
        try_once(i % 2 == 1, asks, score);
    if (system_leftovers() > before) {
        score->wrong++;
        fault_note(score, "files of shared memory are left");
    }
}

void case_parent_killed(unsigned trials, struct score *score)
{
    run(trials, false, score);
}

void case_parent_terminated(unsigned trials, struct score *score)
{
    run(trials, true, score);
}
