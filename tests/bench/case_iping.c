/* SPDX-License-Identifier: MIT */
/* Two processes that answer each other: at once, or so late that the other one sleeps. */
#include "cases.h"

#include <stdlib.h>

#include "processes.h"

#define WARM 10

/* A clock that both processes read alike. */
static uint64_t nanoseconds(void)
{
    return (uint64_t)(now() * 1e9);
}

/* Pins the asker (0) or the answerer. */
static void take_place(enum place place, unsigned side)
{
    if (place != PLACE_FREE)
        need(pin(place == PLACE_TWO_CPUS ? side : 0), "pin");
}

void round_answer(const struct iping_calls *calls, void *game, struct round *round)
{
    take_place(round->place, 1);
    for (uint64_t i = 0; i < round->trips; i++) {
        uint64_t asked = calls->receive(game, 1);
        double began;
        if (!round->late) {
            calls->send(game, 1, asked + 1);
            continue;
        }
        sleep_for(0.001);
        began = now();
        calls->send(game, 1, (uint64_t)(began * 1e9));
        round->waking += now() - began;
    }
}

/* A game with its answerer on the other side. */
static struct round *round_begin(const struct peer *peer, void *game, const struct run *run,
                                 int late)
{
    const struct iping_calls *calls = peer->iping;
    struct round *round = calls->starter->share(sizeof(*round));

    round->trips = run->work + WARM;
    round->late = late;
    round->place = (enum place)run->a;
    calls->starter->start(peer, FAMILY_IPING, game, round, 1);
    take_place(round->place, 0); /* not before: the other one would inherit it */
    for (uint64_t i = 0; i < WARM; i++) {
        calls->send(game, 0, i);
        calls->receive(game, 0);
    }
    return round;
}

void case_iping(const struct peer *peer, struct run *run)
{
    const struct iping_calls *calls = peer->iping;
    void *game = calls->create();
    uint64_t sum = 0;

    round_begin(peer, game, run, 0);
    run_begin(run);
    for (uint64_t i = 0; i < run->work; i++) {
        calls->send(game, 0, i);
        sum += calls->receive(game, 0);
    }
    run_end(run);
    if (sum != run->work * (run->work + 1) / 2)
        run->wrong = "an answer is not what was asked for";
    calls->starter->join();
    run->value = run->seconds / (double)run->work * 1e9;
    run->unit = "ns";
}

static int by_size(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return (x > y) - (x < y);
}

void case_iwake(const struct peer *peer, struct run *run)
{
    const struct iping_calls *calls = peer->iping;
    void *game = calls->create();
    uint64_t *took = malloc(run->work * sizeof(*took));
    struct round *round = round_begin(peer, game, run, 1);

    need(took != NULL, "malloc");
    run_begin(run);
    for (uint64_t i = 0; i < run->work; i++) {
        uint64_t answered, running;
        calls->send(game, 0, i);
        answered = calls->receive(game, 0);
        running = nanoseconds();
        if (answered > running || running - answered > 1000000000)
            run->wrong = "an answer is not the time of its sending";
        took[i] = running - answered;
    }
    run_end(run);
    calls->starter->join();
    if (run->seconds < (double)run->work * 1e-3)
        run->wrong = "the answers did not wait";
    qsort(took, run->work, sizeof(*took), by_size);
    run->value = (double)took[run->work / 2];
    run->unit = "ns";
    run_note(run, "waker", round->waking / (double)round->trips * 1e9);
    free(took);
}
