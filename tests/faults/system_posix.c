/* SPDX-License-Identifier: MIT */
#include "system.h"

#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/types.h>
#include <unistd.h>

bool system_kill(uint64_t pid)
{
    return kill((pid_t)pid, SIGKILL) == 0;
}

/* /proc/<pid>/stat from its third field on, behind the name in parentheses; NULL: there is
 * no such file. */
static const char *read_stat(uint64_t pid, char *text, size_t size)
{
    char path[40];
    FILE *file;
    size_t length;
    char *end;

    snprintf(path, sizeof(path), "/proc/%llu/stat", (unsigned long long)pid);
    file = fopen(path, "r");
    if (!file)
        return NULL;
    length = fread(text, 1, size - 1, file);
    fclose(file);
    text[length] = '\0';
    end = strrchr(text, ')');
    return end && end[1] == ' ' ? end + 2 : NULL;
}

/* Field number `field`, which is a number; 0: not told. */
static uint64_t field_of(uint64_t pid, int field)
{
    char text[512];
    const char *at = read_stat(pid, text, sizeof(text));

    for (int i = 3; i < field && at; i++) {
        at = strchr(at, ' ');
        at = at ? at + 1 : NULL;
    }
    return at ? strtoull(at, NULL, 10) : 0;
}

static char state_of(uint64_t pid)
{
    char text[512];
    const char *state = read_stat(pid, text, sizeof(text));

    return state ? *state : 0;
}

bool system_lives(uint64_t pid)
{
    char state;

    if (kill((pid_t)pid, 0) != 0)
        return false;
    state = state_of(pid);
    return state != 'Z' && state != 'X';
}

void system_interrupt(uint64_t group)
{
    kill(-(pid_t)group, SIGINT);
}

static unsigned count_in(const char *folder)
{
    DIR *directory = opendir(folder);
    struct dirent *entry;
    unsigned count = 0;

    while (directory && (entry = readdir(directory)))
        count += strstr(entry->d_name, "weft") != NULL;
    if (directory)
        closedir(directory);
    return count;
}

unsigned system_leftovers(void)
{
    const char *temporary = getenv("TMPDIR");

    return count_in("/dev/shm") + count_in(temporary ? temporary : "/tmp");
}

void system_close_all(void)
{
    for (int descriptor = 3; descriptor < 1024; descriptor++)
        close(descriptor);
}

bool system_descriptors(unsigned count)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 ||
        (limit.rlim_max != RLIM_INFINITY && limit.rlim_max < count))
        return false;
    limit.rlim_cur = count;
    return setrlimit(RLIMIT_NOFILE, &limit) == 0;
}

uint64_t system_resident(uint64_t pid)
{
    return field_of(pid, 24) * (uint64_t)sysconf(_SC_PAGESIZE);
}

weft_time system_processor_time(uint64_t pid)
{
    uint64_t ticks = field_of(pid, 14) + field_of(pid, 15);

    return (weft_time)(ticks * (uint64_t)WEFT_S(1) / (uint64_t)sysconf(_SC_CLK_TCK));
}
