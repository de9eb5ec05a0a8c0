/* SPDX-License-Identifier: MIT */
/* Tasks of seven bad kinds: each is told by its kind, or gives the right result all the
 * same, and the pool goes on. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "faults.h"
#include "system.h"
#include "weft/caps.h"
#include "weft/error.h"
#include "weft/executor.h"
#include "weft/future.h"

enum kind { CRASH, ABORT, EXIT, LOOP, PRINT, CLOSE_ALL, RETURN_MUCH, KINDS };

enum { MUCH = 100 * 1000 * 1000 };

static int return_much(weft_task *task)
{
    unsigned char *place = weft_task_result(task, MUCH);

    if (!place)
        return weft_task_fail(task, WEFT_ENOMEM, "%s", weft_last_error());
    for (size_t i = 0; i < MUCH; i++)
        place[i] = (unsigned char)(i * 7);
    return 0;
}

static int misbehave(weft_task *task)
{
    int *volatile nowhere = NULL;
    volatile int for_ever = 1;

    switch (WEFT_ARG(task, enum kind)) {
    case CRASH:
        *nowhere = 1;
        break;
    case ABORT:
        abort();
    case EXIT:
        exit(3);
    case LOOP:
        while (for_ever)
            continue;
        break;
    case PRINT:
        for (int i = 0; i < 50; i++)
            fputs(" ", stdout);
        fflush(stdout);
        break;
    case CLOSE_ALL:
        system_close_all();
        break;
    case RETURN_MUCH:
        return return_much(task);
    default:
        break;
    }
    return WEFT_RETURN(task, int, 42);
}

static bool has_much(weft_future *future)
{
    const void *view;
    size_t size = 0;
    bool right;

    if (weft_future_view(future, &view, &size, WEFT_NOW) != 0 || size != MUCH)
        return false;
    right = true;
    for (size_t i = 0; i < MUCH && right; i++)
        right = ((const unsigned char *)view)[i] == (unsigned char)(i * 7);
    return right;
}

/* What a result of this kind must be. */
static bool is_right(enum kind kind, weft_future *future)
{
    int result = 0;

    if (kind == RETURN_MUCH)
        return has_much(future);
    return weft_future_result(future, &result, sizeof(result), WEFT_NOW) == 0 && result == 42;
}

static bool is_told(enum kind kind, int err)
{
    bool signals = strcmp(weft_caps()->system, "windows") != 0;
    const char *sentence = weft_last_error();

    switch (kind) {
    case CRASH:
        return err == WEFT_ELOST && strstr(sentence, "signal 11");
    case ABORT:
        return err == WEFT_ELOST && (!signals || strstr(sentence, "signal 6"));
    case EXIT:
        return err == WEFT_ELOST && strstr(sentence, "code 3");
    case LOOP:
        return err == WEFT_EOVERRUN;
    default:
        return false; /* these must be right */
    }
}

static void try_kind(weft_executor *pool, enum kind kind, struct score *score)
{
    static const char *const names[] = {"crash", "abort",     "exit",       "loop",
                                        "print", "close all", "return much"};
    weft_submit_options options = {.limit = kind == LOOP ? WEFT_MS(300) : 0};
    weft_time patience = FAULT_PATIENCE;
    weft_future *future;
    int err = weft_submit_with(pool, &future, misbehave, &kind, sizeof(kind), &options, patience);

    if (err == 0) {
        const weft_time began = weft_clock();

        err = weft_future_wait(&future, 1, WEFT_ALL_COMPLETED, patience);
        if (kind == LOOP)
            fault_took(score, began + options.limit, weft_clock());
    }
    if (err == WEFT_ETIMEDOUT) {
        score->never++;
        fault_note(score, "%s", names[kind]);
        return;
    }
    err = err != 0 ? err : weft_future_result(future, NULL, 0, WEFT_NOW);
    if (err == 0 && is_right(kind, future)) {
        score->right++;
    } else if (err != 0 && is_told(kind, err)) {
        score->told++;
    } else {
        score->wrong++;
        fault_note(score, "%s: %d, %s", names[kind], err, weft_last_error());
    }
    weft_future_release(future);
}

void case_tasks(unsigned trials, struct score *score)
{
    weft_executor *pool = weft_process_pool(&(weft_pool_options){.workers = 2});

    score->goal = WEFT_MS(100);
    if (!pool)
        fault_note(score, "%s", weft_last_error());
    score->wrong += !pool;
    for (unsigned i = 0; i < trials && pool; i++)
        for (enum kind kind = CRASH; kind < KINDS; kind++)
            try_kind(pool, kind, score);
    weft_executor_close(pool);
}
