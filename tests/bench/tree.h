/* SPDX-License-Identifier: MIT */
#ifndef WEFT_BENCH_TREE_H
#define WEFT_BENCH_TREE_H

/* What this process and all processes below it use: CPU, sleeps, memory. */

#include <sys/types.h>

struct spent {
    double cpu;    /* seconds */
    double sleeps; /* voluntary context switches */
};

/* Since they started; those below it that are gone count if they were waited for. */
struct spent tree_spent(int with_children);

struct spent tree_spent_by(pid_t pid); /* by that process alone */
double tree_memory(pid_t pid);         /* its resident bytes */

/* Calls `visit` for each process below this one. */
void tree_visit(void (*visit)(pid_t pid, void *context), void *context);

/* A process that looks at the memory of this one and of all below it, every few
 * milliseconds, until it is asked. */
struct watch {
    pid_t pid;
    int to, from;
};

void watch_begin(struct watch *watch);
double watch_end(struct watch *watch); /* the most bytes that all used together */

/* What the watching process does: weft-bench --watch PID. Shared pages are counted once. */
int watch_run(pid_t root);

#endif
