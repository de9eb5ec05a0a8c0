/* SPDX-License-Identifier: MIT */
#ifndef WEFT_BENCH_H
#define WEFT_BENCH_H

/*
 * What the driver, the cases and the peers share.
 *
 * A case (case_*.c) is what is done, a peer (peer_*.c) is who does it: a table of
 * function pointers, NULL where the peer has nothing of the kind. Each measurement is
 * a process of its own that does one case with one peer, checks what came out and
 * prints one line of JSON; it ends right after, so peers need not tidy up.
 */

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Cases of one family differ only in `work`, `a` and `b`. Names: family_name(). */
enum family {
    FAMILY_QUEUE,       /* work items, a producers, b consumers: M items/s */
    FAMILY_PINGPONG,    /* work round trips; a 1: a CPU for each thread: ns */
    FAMILY_IDLE,        /* work ms, a getters of an empty queue: % of a CPU */
    FAMILY_POOL,        /* work tasks, a workers: M tasks/s */
    FAMILY_RESULT,      /* the same, a result each: M tasks/s */
    FAMILY_FORKJOIN,    /* work passes, a workers, fib(b): ns per fork */
    FAMILY_MAP,         /* work passes, a workers, b doubles: us, from a million on ms */
    FAMILY_UNCONTENDED, /* work acquisitions by one thread: ns */
    FAMILY_LOCK,        /* work ms, a threads: M acquisitions/s */
    FAMILY_PAIRS,       /* work threads, one after another: k pairs/s */
    FAMILY_THOUSAND,    /* work threads, all started, then all joined: ms */
    FAMILY_MEMORY,      /* work idle threads: KiB each */
    FAMILY_SIZE,        /* a: enum size_of: bytes */
    FAMILY_PPOOL,       /* work tasks, a result each, to a worker processes: k tasks/s */
    FAMILY_PMAP,        /* work numbers squared by a worker processes: M items/s */
    FAMILY_LARGE,       /* work MiB in 64 items through a worker processes: GB/s */
    FAMILY_LARGESHARED, /* the same; items and results lie in shared memory */
    FAMILY_IQUEUE,      /* work messages, a producing and b consuming processes: M msgs/s */
    FAMILY_IPING,       /* work round trips of two processes; a: enum place: ns */
    FAMILY_IWAKE,       /* the same, each answer 1 ms late: ns from answer to running */
    FAMILY_SPAWN,       /* work processes, one after another, from one of a MiB: per s */
    FAMILY_ECHO,        /* work round trips of 64 bytes on a connections: k trips/s */
    FAMILY_BULK,        /* work messages of b bytes on one: GB/s */
    FAMILY_DATAGRAM,    /* work datagrams of 64 bytes, a under way: k packets/s */
    FAMILY_CONNECTIONS, /* work idle connections: KiB each */
    FAMILY_CROWD,       /* round trips of one among work idle ones: us */
    FAMILY_COUNT
};

enum size_of {
    SIZE_MUTEX,
    SIZE_CONDITION,
    SIZE_EVENT,
    SIZE_ONCE,
    SIZE_SEMAPHORE,
    SIZE_FUTURE, /* what one submit with a future allocates */
    SIZE_TASK    /* what one submit of 48 bytes without a future allocates */
};

/* Where two processes run. */
enum place {
    PLACE_FREE,
    PLACE_TWO_CPUS,
    PLACE_ONE_CPU
};

struct note {
    const char *name;
    double value;
};

/* One measurement, in the process that makes it. */
struct run {
    uint64_t work;
    unsigned a, b;
    int with_children; /* CPU and sleeps are those of its child processes too */
    double value;
    const char *unit;
    double seconds;    /* of the timed part; run_begin() to run_end() */
    double cpu;        /* CPU seconds of the whole process in that time */
    double sleeps;     /* voluntary context switches in that time */
    const char *wrong; /* what its check found; NULL: all is right */
    const char *skip;  /* why the peer cannot do this one; NULL: it did */
    struct note notes[4];
    unsigned note_count;
};

/* put() and get() loop inside the peer, so that no call by pointer is measured. */
struct queue_calls {
    const char *what;
    void *(*create)(size_t capacity, unsigned producers, unsigned consumers); /* NULL: cannot */
    void (*put)(void *queue, uint64_t first, uint64_t count); /* first, first + 1, ... */
    uint64_t (*get)(void *queue, uint64_t count);             /* their sum */
};

/* Each task calls tally_add() once. */
struct pool_calls {
    const char *what;
    void *(*open)(unsigned workers, uint64_t count);
    void (*submit)(void *pool, uint64_t count);
    void (*finish)(void *pool); /* all have run; NULL: the case looks at the tally */
};

/* Task i returns i + 1. All are submitted, then all results fetched; returns their sum. */
struct result_calls {
    const char *what;
    void *(*open)(unsigned workers, uint64_t count);
    uint64_t (*results)(void *pool, uint64_t count);
};

struct forkjoin_calls {
    const char *what;
    void *(*open)(unsigned workers);
    uint64_t (*fib)(void *pool, unsigned n); /* a fork for each n >= 2 */
};

/* y[i] = slope * x[i] + offset */
struct line {
    const double *x;
    double *y;
    double slope, offset;
};

struct map_calls {
    const char *what;
    void *(*open)(unsigned workers);
    void (*map)(void *pool, const struct line *line, size_t count);
};

/* What a thread does with a contended lock; lock_turns() in lock_loop.h loops. */
struct turns;

struct lock_calls {
    const char *what;
    void *(*create)(void);
    void (*pairs)(void *lock, uint64_t count); /* acquire, release, `count` times */
    void (*turns)(void *lock, struct turns *turns);
};

struct thread_calls {
    const char *what;
    void (*prepare)(void); /* NULL: nothing */
    void *(*start)(void (*body)(void *), void *context);
    void (*join)(void *thread);
};

struct size_calls {
    const char *what;
    void (*size)(enum size_of what, struct run *run); /* sets value and notes, or skip */
};

/* A program in another language that takes the arguments of --measure, or of --serve. */
struct foreign {
    const char *program;     /* its file, beside this program */
    const char *interpreter; /* NULL: none */
    unsigned divide;         /* how much less work it gets; 0: none */
    const char *what[FAMILY_COUNT];
};

enum kind {
    KIND_WEFT,
    KIND_LIBRARY,
    KIND_NAIVE, /* what one would write first */
    KIND_OTHER, /* does something else that looks alike: shown, not compared with */
    KIND_BOUND, /* spins or cheats in ways a general library would not */
    KIND_SPINS  /* a second bound: it never sleeps, while the first one does */
};

/* Several tables may have one name: each adds what the others leave out. */
struct peer {
    const char *name;
    enum kind kind;
    const char *(*version)(void); /* NULL: the system's own */
    const struct queue_calls *queue;
    const struct pool_calls *pool;
    const struct result_calls *result;
    const struct forkjoin_calls *forkjoin;
    const struct map_calls *map;
    const struct lock_calls *lock;
    const struct thread_calls *thread;
    const struct size_calls *size;
    /* Of processes: processes.h. */
    const struct squares_calls *ppool, *pmap;
    const struct large_calls *large, *large_shared;
    const struct iqueue_calls *iqueue;
    const struct iping_calls *iping;
    const struct spawn_calls *spawn;
    const struct net_calls *net; /* net.h */
    const struct foreign *foreign;
};

/* Starts the clock, the CPU clock and the count of sleeps; stops them. */
void run_begin(struct run *run);
void run_end(struct run *run);
void run_note(struct run *run, const char *name, double value);

/* Prints the line of JSON; the exit code of the process. */
int run_print(const struct run *run);

double now(void);      /* seconds, monotonic */
double cpu_used(void); /* CPU seconds of this process */
void sleep_for(double seconds);

/* Ends the process with a sentence unless it went well. */
void need(int well, const char *what);

/* The calling thread stays on the n-th CPU that it may use; 0: there is none. */
int pin(unsigned n);
unsigned cpu_count(void);

/* `count` threads run `body` from one instant on, which is run_begin(); run_end() is the
 * end of the last. */
typedef void crew_body(void *context, unsigned index);
void crew_run(struct run *run, unsigned count, crew_body *body, void *context);

/* One task has run in the calling thread. */
void tally_add(void);
uint64_t tally_total(void);
uint64_t tally_of_caller(void); /* those that the calling thread ran */

static inline void line_map(const struct line *line, size_t first, size_t last)
{
    const double *x = line->x;
    double *y = line->y;
    double slope = line->slope, offset = line->offset;

    for (size_t i = first; i < last; i++)
        y[i] = slope * x[i] + offset;
}

#ifdef __cplusplus
}
#endif

#endif
