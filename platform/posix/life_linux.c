/* SPDX-License-Identifier: MIT */
/*
 * Linux: /proc tells the state of a process and when it began, in clock ticks since the
 * system did; a later process of the same number began later.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "life.h"

/* What a line of /proc says. */
struct life {
    char state; /* a letter */
    unsigned long threads;
    unsigned long long birth;
};

/* False: /proc does not show the process. */
static bool look(pid_t pid, struct life *life)
{
    char path[32], text[512];
    const char *rest;
    ssize_t length;
    int file;

    snprintf(path, sizeof(path), "/proc/%ld/stat", (long)pid);
    file = open(path, O_RDONLY | O_CLOEXEC);
    if (file == -1)
        return false;
    length = read(file, text, sizeof(text) - 1);
    close(file);
    if (length <= 0)
        return false;
    text[length] = '\0';
    rest = strrchr(text, ')'); /* the second field, a name, may hold anything but ends here */
    return rest && sscanf(rest,
                          ") %c %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s "
                          "%lu %*s %llu",
                          &life->state, &life->threads, &life->birth) == 3;
}

uint32_t weft__birth_of(pid_t pid)
{
    struct life life;

    return look(pid, &life) ? (uint32_t)life.birth : 0;
}

bool weft__lives(pid_t pid, uint32_t birth)
{
    struct life life;

    if (!look(pid, &life))
        return kill(pid, 0) == 0 || errno != ESRCH; /* hidden, or there is no /proc */
    /* A main thread that has ended before others looks like a process that has. */
    if ((life.state == 'Z' || life.state == 'X') && life.threads <= 1)
        return false;
    return birth == 0 || (uint32_t)life.birth == birth;
}
