/* SPDX-License-Identifier: MIT */
/*
 * 1000 tasks of 5 ms, while 50 times a process that is at one is killed. Every task must end:
 * with its result, or told as lost; told within 50 ms of the kill. With retries all 1000
 * must be right.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "faults.h"
#include "system.h"
#include "weft/arena.h"
#include "weft/atomic.h"
#include "weft/error.h"
#include "weft/executor.h"
#include "weft/future.h"
#include "weft/process.h"
#include "weft/thread.h"

enum { TASKS = 1000, KILLS = 50 };

enum { WAITS, RUNS, IS_DONE, IS_KILLED };

/* In the arena, one for each task. */
struct place {
    weft_atomic_u32 state; /* written by the task, and by who kills it (release) */
    weft_atomic_u64 pid;   /* the same, before */
};

struct job {
    weft_offset places;
    int number;
};

static int work(weft_task *task)
{
    struct job job = WEFT_ARG(task, struct job);
    struct place *place = (struct place *)weft_shared_pointer(job.places) + job.number;

    weft_store_u64(&place->pid, weft_process_current_pid(), WEFT_RELEASE);
    weft_store_u32(&place->state, RUNS, WEFT_RELEASE);
    weft_sleep(WEFT_MS(5));
    weft_store_u32(&place->state, IS_DONE, WEFT_RELEASE);
    return WEFT_RETURN(task, int, job.number * 3);
}

struct killed {
    uint64_t pid;
    weft_time when;
};

static weft_atomic_u64 done_at[TASKS]; /* by the callbacks, release; 0: not called yet */

static void note_time(weft_future *future, void *context)
{
    (void)future;
    weft_store_u64(context, (uint64_t)weft_clock(), WEFT_RELEASE);
}

/* A task that runs now, the first after a random one; NULL: none does. */
static struct place *choose(struct place *places)
{
    uint32_t first = fault_random(TASKS);

    for (uint32_t i = 0; i < TASKS; i++) {
        struct place *place = &places[(first + i) % TASKS];

        if (weft_load_u32(&place->state, WEFT_ACQUIRE) == RUNS)
            return place;
    }
    return NULL;
}

static unsigned kill_some(struct place *places, unsigned workers, struct killed *killed)
{
    weft_time pause = WEFT_MS(5) * TASKS / (int)workers / KILLS;
    unsigned count = 0;

    for (unsigned tries = 0; count < KILLS && tries < KILLS * 4; tries++) {
        struct place *place;

        weft_sleep(fault_random((uint32_t)pause));
        place = choose(places);
        if (!place)
            continue;
        killed[count].pid = weft_load_u64(&place->pid, WEFT_ACQUIRE);
        killed[count].when = weft_clock();
        if (system_kill(killed[count].pid))
            count++;
        weft_store_u32(&place->state, IS_KILLED, WEFT_RELEASE);
    }
    return count;
}

/* When the process that the sentence names was killed; 0: not by us. */
static weft_time time_of(const char *sentence, const struct killed *killed, unsigned count)
{
    const char *pid = strstr(sentence, "pid ");
    uint64_t number = pid ? strtoull(pid + 4, NULL, 10) : 0;

    for (unsigned i = 0; i < count; i++)
        if (killed[i].pid == number)
            return killed[i].when;
    return 0;
}

/* The callback of a future that is done may still be on its way. */
static weft_time time_told(int task)
{
    uint64_t when;

    while ((when = weft_load_u64(&done_at[task], WEFT_ACQUIRE)) == 0)
        weft_sleep(WEFT_US(100));
    return (weft_time)when;
}

static void judge(weft_future **futures, unsigned retries, const struct killed *killed,
                  unsigned count, struct score *score)
{
    weft_time patience = FAULT_PATIENCE;

    for (int i = 0; i < TASKS; i++) {
        int result = -1;
        int err = weft_future_result(futures[i], &result, sizeof(result), patience);
        weft_time when = err == WEFT_ELOST ? time_of(weft_last_error(), killed, count) : 0;

        if (err == 0 && result == i * 3) {
            score->right++;
        } else if (err == WEFT_ELOST && retries == 0 && when != 0) {
            score->told++;
            fault_took(score, when, time_told(i));
        } else if (!weft_future_done(futures[i])) {
            score->never++;
        } else {
            score->wrong++;
            fault_note(score, "task %d: %d, %s", i, err, err ? weft_last_error() : "");
        }
    }
}

static void run(unsigned workers, unsigned retries, struct score *score)
{
    static weft_future *futures[TASKS];
    static struct killed killed[KILLS];
    weft_submit_options options = {.retries = retries};
    weft_executor *pool = weft_process_pool(&(weft_pool_options){.workers = workers});
    struct job job = {0};
    unsigned count;

    if (!pool || weft_shared_alloc(&job.places, TASKS * sizeof(struct place)) != 0) {
        score->wrong++;
        fault_note(score, "%s", weft_last_error());
        return;
    }
    for (job.number = 0; job.number < TASKS; job.number++) {
        int i = job.number;

        weft_store_u64(&done_at[i], 0, WEFT_RELAXED);
        if (weft_submit_with(pool, &futures[i], work, &job, sizeof(job), &options, WEFT_FOREVER) !=
                0 ||
            weft_future_on_done(futures[i], note_time, &done_at[i]) != 0) {
            fprintf(stderr, "weft-faults: %s\n", weft_last_error());
            exit(1);
        }
    }
    count = kill_some(weft_shared_pointer(job.places), workers, killed);
    judge(futures, retries, killed, count, score);
    for (int i = 0; i < TASKS; i++)
        weft_future_release(futures[i]);
    weft_executor_close(pool);
    weft_shared_free(job.places);
}

void case_kills(unsigned trials, struct score *score)
{
    score->goal = WEFT_MS(50);
    for (unsigned i = 0; i < trials; i++) {
        run(2, 0, score);
        run(4, 0, score);
    }
}

void case_kills_retried(unsigned trials, struct score *score)
{
    for (unsigned i = 0; i < trials; i++) {
        run(2, 60, score);
        run(4, 60, score);
    }
}
