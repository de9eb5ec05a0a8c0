/* SPDX-License-Identifier: MIT */
#ifndef WEFT_BENCH_PROCESSES_H
#define WEFT_BENCH_PROCESSES_H

/*
 * What the cases and the peers of processes share.
 *
 * Processes of a queue or of a ping-pong are forked, and memory for them is mapped
 * shared. Those of weft are this program started again, and what they share lies in its
 * arena: there the objects that weft's peers create must lie too, since they are handed
 * over as addresses.
 */

#include <pthread.h>
#include <stddef.h>
#include <stdint.h>

#include <weft/atomic.h>

#include "bench.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- pools ------------------------------------------------------------------------ */

/* results[i] = numbers[i] * numbers[i], by the workers. `ppool`: a task and a future, or
 * what stands for one, per number; `pmap`: in chunks as the peer likes. */
struct squares_calls {
    const char *what;
    void *(*open)(unsigned workers);
    void (*squares)(void *pool, const uint64_t *numbers, uint64_t *results, size_t count);
    void (*close)(void *pool); /* its processes have ended */
};

/* Each byte of a result is one more than that of its item. */
struct large_calls {
    const char *what;
    void *(*open)(unsigned workers);
    void *(*memory)(size_t size); /* NULL: malloc */
    void (*add_one)(void *pool, const unsigned char *items, unsigned char *results,
                    size_t item_size, size_t count);
    void (*close)(void *pool);
};

static inline void bytes_add_one(const unsigned char *from, unsigned char *to, size_t size)
{
    for (size_t i = 0; i < size; i++)
        to[i] = (unsigned char)(from[i] + 1);
}

/* ---- processes that share --------------------------------------------------------- */

struct starter {
    void *(*share)(size_t size); /* zeroed memory for `shared` */
    /* A process that plays a part in the case. */
    void (*start)(const struct peer *peer, enum family family, void *object, void *shared,
                  unsigned index);
    void (*join)(void); /* all have ended, and well */
};

extern const struct starter fork_starter, weft_starter;

/* What such a process does: a member of a team, or who answers. */
void play(const struct peer *peer, enum family family, void *object, void *shared, unsigned index);

/* Zeroed memory: that forks share, and in weft's arena. */
void *shared_memory(size_t size);
void *arena_memory(size_t size);

/* A fork that ends with `body`. join_forks(): all have ended, and well. */
void start_fork(void (*body)(void *pool, unsigned index), void *pool, unsigned index);
void join_forks(void);

/* ---- queues ----------------------------------------------------------------------- */

#define MESSAGE_WORDS 8

struct message {
    uint64_t words[MESSAGE_WORDS];
};

static inline void message_write(struct message *message, uint64_t number)
{
    for (unsigned i = 0; i < MESSAGE_WORDS; i++)
        message->words[i] = number + i;
}

/* Its number; ends the process if it is not one message as it was written. */
static inline uint64_t message_read(const struct message *message)
{
    uint64_t number = message->words[0], wrong = 0;

    for (unsigned i = 1; i < MESSAGE_WORDS; i++)
        wrong |= message->words[i] ^ (number + i);
    need(wrong == 0, "a whole message");
    return number;
}

/* put() and get() loop inside the peer, each in a process of its own. */
struct iqueue_calls {
    const char *what;
    void *(*create)(unsigned producers, unsigned consumers); /* NULL: cannot */
    void (*put)(void *queue, uint64_t first, uint64_t count);
    uint64_t (*get)(void *queue, uint64_t count);  /* the sum of their numbers */
    void (*enter)(void *queue, int puts);          /* each, before the first; NULL: nothing */
    void (*close)(void *queue);                    /* NULL: nothing is left behind */
    const struct starter *starter;
};

#define TEAM_MOST 8

/* The processes of a queue: producers, then consumers. */
struct team {
    pthread_barrier_t gate;
    weft_atomic_u32 at_gate;
    uint64_t items;
    unsigned producers, consumers;
    struct {
        uint64_t sum; /* each written by its member before it ends */
        double ended;
        char rest_of_line[48];
    } members[TEAM_MOST];
};

/* ---- ping-pong -------------------------------------------------------------------- */

/* Side 0 asks, side 1 answers; each is a process. */
struct iping_calls {
    const char *what;
    int sleeps; /* whoever waits long sleeps in the kernel */
    void *(*create)(void);
    void (*send)(void *game, unsigned side, uint64_t value);
    uint64_t (*receive)(void *game, unsigned side);
    const struct starter *starter;
};

struct round {
    uint64_t trips;
    int late; /* it answers after 1 ms, with the time of its answer in ns */
    enum place place;
    double waking; /* seconds that it spent in send() */
};

/* ---- start ------------------------------------------------------------------------ */

/* What `weft-bench-spawn --return` exits with. */
#define SPAWN_CODE 42

struct spawn_calls {
    const char *what;
    int (*spawn)(char **argv); /* runs it to its end; its exit code */
};

/* This process uses so many MiB more. */
void grow(unsigned mib);

#ifdef __cplusplus
}
#endif

#endif
