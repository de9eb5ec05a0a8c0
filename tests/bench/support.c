/* SPDX-License-Identifier: MIT */
/* Clocks, CPUs, crews of threads and the tally of tasks, for the process that measures. */
#include "bench.h"

#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>

#include <weft/atomic.h>

#include "processes.h"

double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

double cpu_used(void)
{
    struct timespec t;

    /* Not getrusage(), which on some kernels counts whole ticks. */
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

void sleep_for(double seconds)
{
    struct timespec t = {(time_t)seconds, (long)((seconds - (double)(time_t)seconds) * 1e9)};

    while (nanosleep(&t, &t) != 0)
        continue;
}

void need(int well, const char *what)
{
    if (well)
        return;
    fprintf(stderr, "weft-bench: %s failed\n", what);
    exit(1);
}

unsigned cpu_count(void)
{
    cpu_set_t set;

    need(sched_getaffinity(0, sizeof(set), &set) == 0, "sched_getaffinity");
    return (unsigned)CPU_COUNT(&set);
}

int pin(unsigned n)
{
    cpu_set_t set, one;

    need(sched_getaffinity(0, sizeof(set), &set) == 0, "sched_getaffinity");
    CPU_ZERO(&one);
    for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
        if (CPU_ISSET(cpu, &set) && n-- == 0) {
            CPU_SET(cpu, &one);
            return sched_setaffinity(0, sizeof(one), &one) == 0;
        }
    }
    return 0;
}

struct crew {
    crew_body *body;
    void *context;
    pthread_barrier_t gate;
    weft_atomic_u32 at_gate;
};

struct member {
    struct crew *crew;
    unsigned index;
    pthread_t thread;
    double ended;
};

static void *member_run(void *argument)
{
    struct member *member = argument;
    struct crew *crew = member->crew;

    weft_fetch_add_u32(&crew->at_gate, 1, WEFT_RELEASE);
    pthread_barrier_wait(&crew->gate);
    crew->body(crew->context, member->index);
    member->ended = now();
    return NULL;
}

void crew_run(struct run *run, unsigned count, crew_body *body, void *context)
{
    struct crew crew = {.body = body, .context = context};
    struct member *members = calloc(count, sizeof(*members));
    double began, ended = 0;

    need(members != NULL && pthread_barrier_init(&crew.gate, NULL, count + 1) == 0, "a crew");
    for (unsigned i = 0; i < count; i++) {
        members[i].crew = &crew;
        members[i].index = i;
        need(pthread_create(&members[i].thread, NULL, member_run, &members[i]) == 0,
             "pthread_create");
    }
    while (weft_load_u32(&crew.at_gate, WEFT_ACQUIRE) < count)
        sleep_for(0.0001);
    sleep_for(0.001); /* the last one sleeps at the gate by now */
    run_begin(run);
    began = -run->seconds;
    pthread_barrier_wait(&crew.gate);
    for (unsigned i = 0; i < count; i++) {
        pthread_join(members[i].thread, NULL);
        if (members[i].ended > ended)
            ended = members[i].ended;
    }
    run_end(run);
    run->seconds = ended - began;
    pthread_barrier_destroy(&crew.gate);
    free(members);
}

/* A thread's tasks: written by it alone, so plain addition will do. */
struct tally {
    weft_atomic_u64 count;
    char rest_of_line[56];
};

#define TALLIES 64

static struct tally tallies[TALLIES];
static weft_atomic_u32 tallies_given;
static _Thread_local struct tally *my_tally;

void tally_add(void)
{
    if (my_tally == NULL) {
        uint32_t i = weft_fetch_add_u32(&tallies_given, 1, WEFT_RELAXED);
        need(i < TALLIES, "tally: a pool with so many threads");
        my_tally = &tallies[i];
    }
    /* Release: who sees the count also sees what the task did. */
    weft_store_u64(&my_tally->count, weft_load_u64(&my_tally->count, WEFT_RELAXED) + 1,
                   WEFT_RELEASE);
}

uint64_t tally_total(void)
{
    uint64_t total = 0;

    for (int i = 0; i < TALLIES; i++)
        total += weft_load_u64(&tallies[i].count, WEFT_ACQUIRE);
    return total;
}

uint64_t tally_of_caller(void)
{
    return my_tally == NULL ? 0 : weft_load_u64(&my_tally->count, WEFT_RELAXED);
}

void grow(unsigned mib)
{
    size_t size = (size_t)mib << 20;

    if (size > 0)
        need(mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE,
                  -1, 0) != MAP_FAILED,
             "mmap");
}
