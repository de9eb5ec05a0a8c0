/* SPDX-License-Identifier: MIT */
/*
 * The start of a process, called by weft_main(): arguments in UTF-8, streams that write
 * the same bytes as elsewhere, and in a child what its parent handed over.
 *
 * A child watches two handles in a thread of its own: its parent's, and the event that
 * asks it to end. It ends there and then, as a POSIX process does by a signal.
 */

#include <fcntl.h>
#include <io.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "launch.h"

#include "weft/error.h"

#include "arguments.h"
#include "internal.h"
#include "seam.h"

enum { ABORTED = 6, KILLED = 9, TERMINATED = 15 };

/* No \r before each \n: a program prints the same bytes on all systems. */
static void make_binary(FILE *stream)
{
    int descriptor = _fileno(stream);
    if (descriptor >= 0) /* a program without a console may have no such stream */
        (void)_setmode(descriptor, _O_BINARY);
}

/* ---- in a child ---------------------------------------------------------------------- */

static HANDLE watched[2]; /* parent, stop; written before the watcher starts */

static DWORD WINAPI watch(void *unused)
{
    (void)unused;
    DWORD event = WaitForMultipleObjects(2, watched, FALSE, INFINITE);
    if (event == WAIT_OBJECT_0)
        TerminateProcess(GetCurrentProcess(), WEFT__EXIT_SIGNAL | KILLED);
    if (event == WAIT_OBJECT_0 + 1)
        TerminateProcess(GetCurrentProcess(), WEFT__EXIT_SIGNAL | TERMINATED);
    return 0;
}

static int begin_watching(void)
{
    enum { STACK = 65536 };
    HANDLE thread = CreateThread(NULL, STACK, watch, NULL, STACK_SIZE_PARAM_IS_A_RESERVATION, NULL);
    if (thread == NULL)
        return weft__fail_system((long)GetLastError(), "process: no watch on its parent");
    CloseHandle(thread);
    return 0;
}

/* What the program or its C library had set, such as what makes signal() work. */
static LPTOP_LEVEL_EXCEPTION_FILTER filter_before;

/* Ends a crash here and now with the exception as exit code: who asked for the work hears
 * of it, and a dialog or a debugger would only keep the dead child standing. */
static LONG WINAPI crash(EXCEPTION_POINTERS *exception)
{
    LONG answer = EXCEPTION_CONTINUE_SEARCH;
    if (filter_before != NULL)
        answer = filter_before(exception);
    if (answer != EXCEPTION_CONTINUE_EXECUTION)
        TerminateProcess(GetCurrentProcess(), exception->ExceptionRecord->ExceptionCode);
    return answer;
}

/* C libraries tell of abort() by various exit codes, one of which, 3, could be any exit. */
static void aborted(int number)
{
    (void)number;
    TerminateProcess(GetCurrentProcess(), WEFT__EXIT_SIGNAL | ABORTED);
}

/* What was handed over; written by weft_main(), before any other thread. */
static HANDLE handed[WEFT__HANDED];
static size_t handed_count;

int weft_seam_process_heir(size_t index, uintptr_t *handle)
{
    if (index >= handed_count)
        return weft__fail(WEFT_ENOTFOUND, "process: %zu handles were handed over, not %zu",
                          handed_count, index + 1);
    *handle = (uintptr_t)handed[index];
    return 0;
}

/* The handle is this process's; what it starts itself does not inherit it. */
static bool take(unsigned long long number, HANDLE *handle)
{
    DWORD flags = 0;
    *handle = (HANDLE)(uintptr_t)number;
    return GetHandleInformation(*handle, &flags) &&
           SetHandleInformation(*handle, HANDLE_FLAG_INHERIT, 0);
}

/* False if the argument is not one that process.c wrote for this process. */
static bool read_mark(const char *mark, HANDLE *section, size_t *size)
{
    unsigned long long numbers[WEFT__FIXED + WEFT__HANDED]; /* arena, its size, stop, parent, ... */
    size_t count = 0;
    const char *next = mark + strlen(WEFT__CHILD_MARK);
    for (char *end = NULL; count < sizeof(numbers) / sizeof(numbers[0]); next = end + 1) {
        numbers[count] = strtoull(next, &end, 16);
        if (end == next || (*end != ',' && *end != '\0'))
            return false;
        count++;
        if (*end == '\0')
            break;
    }
    if (count < WEFT__FIXED || !take(numbers[0], section) || !take(numbers[2], &watched[1]) ||
        !take(numbers[3], &watched[0]))
        return false;
    *size = (size_t)numbers[1];
    for (; handed_count < count - WEFT__FIXED; handed_count++) {
        if (!take(numbers[WEFT__FIXED + handed_count], &handed[handed_count]))
            return false;
    }
    return true;
}

static int be_a_child(const char *mark, weft_seam_arena *arena)
{
    HANDLE section;
    size_t size;
    if (!read_mark(mark, &section, &size))
        return weft__fail(WEFT_EPERM, "%s is for weft itself: it starts its children so", mark);
    SetErrorMode(SEM_FAILCRITICALERRORS | SEM_NOGPFAULTERRORBOX);
    filter_before = SetUnhandledExceptionFilter(crash);
    signal(SIGABRT, aborted);
    int err = begin_watching();
    if (err != 0)
        return err;
    return weft_seam_arena_attach(arena, (uintptr_t)section, size);
}

int weft_seam_process_begin(int *argc, char ***argv, const char **start, weft_seam_arena *arena)
{
    *start = NULL;
    int err = weft__arguments(argc, argv);
    if (err != 0)
        return err;
    make_binary(stdout);
    make_binary(stderr);
    if (*argc != 3 || strncmp((*argv)[1], WEFT__CHILD_MARK, strlen(WEFT__CHILD_MARK)) != 0)
        return 0;
    *start = (*argv)[2];
    return be_a_child((*argv)[1], arena);
}
