/* SPDX-License-Identifier: MIT */
#include "system.h"

#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

bool system_kill(uint64_t pid)
{
    return kill((pid_t)pid, SIGKILL) == 0;
}

/* The state in /proc/<pid>/stat, behind the name in parentheses; 0: there is no such file. */
static char state_of(uint64_t pid)
{
    char path[40], text[512];
    FILE *file;
    size_t length;
    char *end;

    snprintf(path, sizeof(path), "/proc/%llu/stat", (unsigned long long)pid);
    file = fopen(path, "r");
    if (!file)
        return 0;
    length = fread(text, 1, sizeof(text) - 1, file);
    fclose(file);
    text[length] = '\0';
    end = strrchr(text, ')');
    return end && end[1] == ' ' ? end[2] : 0;
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
