/* SPDX-License-Identifier: MIT */
/*
 * Linux: /proc tells the state of a process and when it began, in clock ticks since the
 * system did. A process that wants to be told apart notes the time: a later one of the same
 * number begins later than that. (To read its own line there would take a start 40 us more.)
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "life.h"
#include "weft/fault.h"

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
    file = weft_fault_point("process.look") == 0 ? open(path, O_RDONLY | O_CLOEXEC) : -1;
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

uint32_t weft__birth(void)
{
    struct timespec now;
    int64_t second = sysconf(_SC_CLK_TCK);

    if (clock_gettime(CLOCK_BOOTTIME, &now) != 0)
        return 0;
    return (uint32_t)(now.tv_sec * second + now.tv_nsec / (1000000000 / second));
}

/* What can be said without a descriptor: a process that has ended runs no program, and has no
 * thread but the main one. Folders have a link from each of their folders, and two more. */
static bool has_ended(pid_t pid)
{
    char path[32], program[1];
    struct stat threads;

    snprintf(path, sizeof(path), "/proc/%ld/exe", (long)pid);
    if (readlink(path, program, sizeof(program)) != -1 || errno != ENOENT)
        return false;
    snprintf(path, sizeof(path), "/proc/%ld/task", (long)pid);
    return stat(path, &threads) == 0 && threads.st_nlink <= 3;
}

bool weft__lives(pid_t pid, uint32_t birth)
{
    struct life life;

    if (!look(pid, &life)) /* no descriptor is left; or it is hidden, or there is no /proc */
        return (kill(pid, 0) == 0 || errno != ESRCH) && !has_ended(pid);
    /* A main thread that has ended before others looks like a process that has. */
    if ((life.state == 'Z' || life.state == 'X') && life.threads <= 1)
        return false;
    /* Half of what the difference can be, 248 days, is later. */
    return birth == 0 || (int32_t)(birth - (uint32_t)life.birth) >= 0;
}
