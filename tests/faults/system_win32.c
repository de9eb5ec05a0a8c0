/* SPDX-License-Identifier: MIT */
#include "system.h"

#include <io.h>

#include <windows.h>

bool system_kill(uint64_t pid)
{
    HANDLE process = OpenProcess(PROCESS_TERMINATE, FALSE, (DWORD)pid);
    bool killed = process != NULL && TerminateProcess(process, 9);

    if (process)
        CloseHandle(process);
    return killed;
}

bool system_lives(uint64_t pid)
{
    HANDLE process = OpenProcess(SYNCHRONIZE, FALSE, (DWORD)pid);
    bool lives = process != NULL && WaitForSingleObject(process, 0) == WAIT_TIMEOUT;

    if (process)
        CloseHandle(process);
    return lives;
}

/* Shared memory has no name here: the system frees it with the last handle. */
unsigned system_leftovers(void)
{
    return 0;
}

/* Handles of the system are not the task's to close: it would have to guess them. */
void system_close_all(void)
{
    for (int descriptor = 3; descriptor < 64; descriptor++)
        _close(descriptor);
}

void system_interrupt(uint64_t group)
{
    (void)group; /* its cases do not run here */
}

/* The system sets no such limit, and these cases do not run here. */
bool system_descriptors(unsigned count)
{
    (void)count;
    return true;
}

uint64_t system_resident(uint64_t pid)
{
    (void)pid;
    return 0;
}

weft_time system_processor_time(uint64_t pid)
{
    (void)pid;
    return 0;
}

void system_mark(void)
{
}

int system_trace(const char *word, const char *argument, enum system_step step, unsigned at,
                 bool *killed)
{
    (void)word; /* its cases do not run here */
    (void)argument;
    (void)step;
    (void)at;
    *killed = false;
    return -1;
}
