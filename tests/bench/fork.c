/* SPDX-License-Identifier: MIT */
/* Processes that are forked, and the memory that they share. They die with their parent. */
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

/* True in the child. */
static int fork_one(void)
{
    pid_t child = fork();

    need(child >= 0 && fork_count < TEAM_MOST, "fork");
    if (child == 0)
        prctl(PR_SET_PDEATHSIG, SIGKILL);
    else
        forks[fork_count++] = child;
    return child == 0;
}

void start_fork(void (*body)(void *pool, unsigned index), void *pool, unsigned index)
{
    if (fork_one()) {
        body(pool, index);
        _exit(0);
    }
}

void join_forks(void)
{
    while (fork_count > 0) {
        int status;
        need(waitpid(forks[--fork_count], &status, 0) > 0 && status == 0, "a forked process");
    }
}

static void start_player(const struct peer *peer, enum family family, void *object, void *shared,
                         unsigned index)
{
    if (fork_one()) {
        play(peer, family, object, shared, index);
        _exit(0);
    }
}

const struct starter fork_starter = {shared_memory, start_player, join_forks};
