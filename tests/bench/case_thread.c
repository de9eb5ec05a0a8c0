/* SPDX-License-Identifier: MIT */
/* Threads: started and joined one by one, a thousand at once, and their memory. */
#include "cases.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <weft/atomic.h>

static void count_one(void *context)
{
    weft_fetch_add_u64(context, 1, WEFT_RELAXED);
}

static void prepare(const struct peer *peer)
{
    if (peer->thread->prepare != NULL)
        peer->thread->prepare();
}

static void check_count(struct run *run, const weft_atomic_u64 *count)
{
    if (weft_load_u64(count, WEFT_RELAXED) != run->work)
        run->wrong = "not every thread has run once";
}

void case_pairs(const struct peer *peer, struct run *run)
{
    weft_atomic_u64 count = {0};

    prepare(peer);
    run_begin(run);
    for (uint64_t i = 0; i < run->work; i++)
        peer->thread->join(peer->thread->start(count_one, &count));
    run_end(run);
    check_count(run, &count);
    run->value = (double)run->work / run->seconds * 1e-3;
    run->unit = "k pairs/s";
}

void case_thousand(const struct peer *peer, struct run *run)
{
    weft_atomic_u64 count = {0};
    void **threads = calloc(run->work, sizeof(*threads));

    need(threads != NULL, "malloc");
    prepare(peer);
    run_begin(run);
    for (uint64_t i = 0; i < run->work; i++)
        threads[i] = peer->thread->start(count_one, &count);
    for (uint64_t i = 0; i < run->work; i++)
        peer->thread->join(threads[i]);
    run_end(run);
    check_count(run, &count);
    run->value = run->seconds * 1e3;
    run->unit = "ms";
    free(threads);
}

struct sleepers {
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    uint64_t asleep;
    int wake;
};

static void sleep_until_woken(void *context)
{
    struct sleepers *all = context;

    pthread_mutex_lock(&all->mutex);
    all->asleep++;
    while (!all->wake)
        pthread_cond_wait(&all->changed, &all->mutex);
    pthread_mutex_unlock(&all->mutex);
}

/* Resident KiB of this process. */
static double resident(void)
{
    FILE *file = fopen("/proc/self/statm", "r");
    unsigned long pages = 0, total;

    need(file != NULL && fscanf(file, "%lu %lu", &total, &pages) == 2, "/proc/self/statm");
    fclose(file);
    return (double)pages * (double)sysconf(_SC_PAGESIZE) / 1024;
}

static uint64_t asleep(struct sleepers *all)
{
    uint64_t count;

    pthread_mutex_lock(&all->mutex);
    count = all->asleep;
    pthread_mutex_unlock(&all->mutex);
    return count;
}

void case_memory(const struct peer *peer, struct run *run)
{
    struct sleepers all = {.mutex = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};
    void **threads = calloc(run->work, sizeof(*threads));
    weft_atomic_u64 count = {0};
    double before;

    need(threads != NULL, "malloc");
    prepare(peer);
    peer->thread->join(peer->thread->start(count_one, &count)); /* libraries are loaded now */
    run_begin(run);
    before = resident();
    for (uint64_t i = 0; i < run->work; i++)
        threads[i] = peer->thread->start(sleep_until_woken, &all);
    while (asleep(&all) < run->work)
        sleep_for(0.001);
    run->value = (resident() - before) / (double)run->work;
    run->unit = "KiB";
    pthread_mutex_lock(&all.mutex);
    all.wake = 1;
    pthread_cond_broadcast(&all.changed);
    pthread_mutex_unlock(&all.mutex);
    for (uint64_t i = 0; i < run->work; i++)
        peer->thread->join(threads[i]);
    run_end(run);
    free(threads);
}

void case_size(const struct peer *peer, struct run *run)
{
    run_begin(run);
    peer->size->size((enum size_of)run->a, run);
    run_end(run);
    run->unit = "bytes";
}
