/* SPDX-License-Identifier: MIT */
/* A lock: alone, and between threads that take it again and again for a while. */
#include "cases.h"

#include <pthread.h>
#include <stdlib.h>

#include "lock_loop.h"

static void *sleep_for_good(void *argument)
{
    for (;;)
        sleep_for(3600);
    return argument;
}

void case_uncontended(const struct peer *peer, struct run *run)
{
    void *lock = peer->lock->create();
    pthread_t other;

    /* With one thread alone, glibc's mutex does without atomic operations. */
    need(pthread_create(&other, NULL, sleep_for_good, NULL) == 0, "pthread_create");
    peer->lock->pairs(lock, run->work / 10 + 1);
    run_begin(run);
    peer->lock->pairs(lock, run->work);
    run_end(run);
    run->value = run->seconds / (double)run->work * 1e9;
    run->unit = "ns";
}

struct contest {
    const struct lock_calls *calls;
    void *lock;
    double seconds;
    unsigned threads;
    struct guarded guarded;
    char rest_of_line[64];
    weft_atomic_u32 stop;
    struct turns *turns;
};

/* The last of the crew sleeps, and stops the others. */
static void contest_body(void *context, unsigned index)
{
    struct contest *contest = context;

    if (index == contest->threads) {
        sleep_for(contest->seconds);
        weft_store_u32(&contest->stop, 1, WEFT_RELAXED);
    } else {
        struct turns turns = {
            .guarded = &contest->guarded, .stop = &contest->stop, .state = index + 1};
        contest->calls->turns(contest->lock, &turns);
        contest->turns[index] = turns;
    }
}

void case_lock(const struct peer *peer, struct run *run)
{
    struct contest contest = {
        .calls = peer->lock, .seconds = (double)run->work * 1e-3, .threads = run->a};
    uint64_t sum = 0, most = 0, least = UINT64_MAX;

    contest.lock = peer->lock->create();
    contest.turns = calloc(run->a, sizeof(*contest.turns));
    need(contest.turns != NULL, "malloc");
    crew_run(run, run->a + 1, contest_body, &contest);
    for (unsigned i = 0; i < run->a; i++) {
        uint64_t taken = contest.turns[i].taken;
        sum += taken;
        most = taken > most ? taken : most;
        least = taken < least ? taken : least;
    }
    if (sum != contest.guarded.count)
        run->wrong = "two threads were inside at once";
    run->value = (double)sum / run->seconds * 1e-6;
    run->unit = "M/s";
    run_note(run, "fair", (double)most / (double)(least > 0 ? least : 1));
    free(contest.turns);
}
