/* SPDX-License-Identifier: MIT */
/*
 * A process is killed at its system call, or its instruction, number 1, 2, 3 and so on, each
 * time in a new program (`--pool`, `--victim`), which then says by its exit code how it
 * found what the dead one had used.
 */
#include <stdio.h>

#include "faults.h"
#include "play.h"
#include "system.h"

static void judge(int code, bool killed, const char *what, unsigned at, struct score *score)
{
    if (code == PLAY_NEVER || code == -1) {
        score->never++;
        fault_note(score, "%s: stuck after %u", what, at);
    } else if (code < PLAY_RIGHT || code >= PLAY_TOLD + 50) {
        score->wrong++;
        fault_note(score, "%s: code %d after %u", what, code, at);
    } else {
        weft_time took = WEFT_MS(code % 50);

        score->right += code < PLAY_TOLD;
        score->told += code >= PLAY_TOLD;
        if (killed)
            fault_took(score, 0, took);
        if (killed && score->goal > 0 && took > score->goal)
            fault_note(score, "%s: late after %u", what, at);
    }
}

void case_system_calls(unsigned trials, struct score *score)
{
    bool killed = true;

    /* Those after which it had ended by itself are the end of its life. */
    for (unsigned at = 1; at <= trials && killed; at++)
        judge(system_trace("--pool", "", STEP_SYSTEM_CALLS, at, &killed), killed, "pool", at,
              score);
}

void case_instructions(unsigned trials, struct score *score)
{
    unsigned each = trials / PLAY_KINDS;

    score->goal = WEFT_MS(10);
    for (unsigned kind = 0; kind < PLAY_KINDS; kind++) {
        bool killed = true;

        for (unsigned at = 1; at <= each && killed; at++)
            judge(system_trace("--victim", play_names[kind], STEP_INSTRUCTIONS, at, &killed),
                  killed, play_names[kind], at, score);
    }
}
