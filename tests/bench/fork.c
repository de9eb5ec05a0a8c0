/* SPDX-License-Identifier: MIT */
/* Processes that are forked, and the memory that they share. */
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "processes.h"

static pid_t forks[TEAM_MOST];
static unsigned fork_count;

void *shared_memory(size_t size)
{
    void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    need(memory != MAP_FAILED, "mmap");
    return memory;
}

void start_fork(void (*body)(const void *calls, void *object, void *shared, unsigned index),
                const void *calls, void *object, void *shared, unsigned index)
{
    pid_t child = fork();

    need(child >= 0 && fork_count < TEAM_MOST, "fork");
    if (child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        body(calls, object, shared, index);
        _exit(0);
    }
    forks[fork_count++] = child;
}

void join_forks(void)
{
    while (fork_count > 0) {
        int status;
        need(waitpid(forks[--fork_count], &status, 0) > 0 && status == 0, "a forked process");
    }
}
