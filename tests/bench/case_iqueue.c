/* SPDX-License-Identifier: MIT */
/* A queue of 64-byte messages between processes. */
#include "cases.h"

#include "processes.h"

/* The i-th of n shares of a whole that need not divide. */
static uint64_t share_begin(uint64_t whole, unsigned n, unsigned i)
{
    return whole / n * i + (whole % n < i ? whole % n : i);
}

void team_member(const struct iqueue_calls *calls, void *queue, struct team *team, unsigned index)
{
    int puts = index < team->producers;
    unsigned n = puts ? team->producers : team->consumers,
             i = puts ? index : index - team->producers;
    uint64_t first = share_begin(team->items, n, i), next = share_begin(team->items, n, i + 1);

    if (calls->enter != NULL)
        calls->enter(queue, puts);
    weft_fetch_add_u32(&team->at_gate, 1, WEFT_RELEASE);
    pthread_barrier_wait(&team->gate);
    if (puts)
        calls->put(queue, first, next - first);
    else
        team->members[index].sum = calls->get(queue, next - first);
    team->members[index].ended = now();
}

static struct team *team_create(const struct iqueue_calls *calls, const struct run *run)
{
    struct team *team = calls->starter->share(sizeof(*team));
    pthread_barrierattr_t attributes;

    team->items = run->work;
    team->producers = run->a;
    team->consumers = run->b;
    need(pthread_barrierattr_init(&attributes) == 0 &&
             pthread_barrierattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED) == 0 &&
             pthread_barrier_init(&team->gate, &attributes, run->a + run->b + 1) == 0,
         "a shared barrier");
    pthread_barrierattr_destroy(&attributes);
    return team;
}

static void team_run(const struct peer *peer, void *queue, struct team *team, struct run *run)
{
    const struct iqueue_calls *calls = peer->iqueue;
    unsigned count = run->a + run->b;
    double began, ended = 0;

    for (unsigned i = 0; i < count; i++)
        calls->starter->start(peer, FAMILY_IQUEUE, queue, team, i);
    while (weft_load_u32(&team->at_gate, WEFT_ACQUIRE) < count)
        sleep_for(0.0001);
    sleep_for(0.001); /* the last one sleeps at the gate by now */
    run_begin(run);
    began = -run->seconds;
    pthread_barrier_wait(&team->gate);
    calls->starter->join();
    run_end(run);
    for (unsigned i = 0; i < count; i++)
        ended = team->members[i].ended > ended ? team->members[i].ended : ended;
    run->seconds = ended - began;
}

void case_iqueue(const struct peer *peer, struct run *run)
{
    const struct iqueue_calls *calls = peer->iqueue;
    void *queue = calls->create(run->a, run->b);
    uint64_t sum = 0;
    struct team *team;

    if (queue == NULL) {
        run->skip = "not for so many producers or consumers";
        return;
    }
    team = team_create(calls, run);
    team_run(peer, queue, team, run);
    for (unsigned i = run->a; i < run->a + run->b; i++)
        sum += team->members[i].sum;
    if (sum != run->work * (run->work - 1) / 2)
        run->wrong = "the messages got are not the messages put";
    if (calls->close != NULL)
        calls->close(queue);
    run->value = (double)run->work / run->seconds * 1e-6;
    run->unit = "M msgs/s";
}
