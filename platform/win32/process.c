/* SPDX-License-Identifier: MIT */
/*
 * Processes, from the parent's side; begin.c is the child's.
 *
 * A child of this program gets four numbers in its first argument: the handles of the
 * arena, of an event that asks it to end, and of this process, whose end it watches,
 * and the arena's size. Windows has no signals, so ends by force are told apart from
 * exits by their exit codes: those of launch.h, and those of exceptions.
 */

#include <stdio.h>

#include "launch.h"

#include "weft/error.h"
#include "weft/memory.h"

#include "command.h"
#include "internal.h"
#include "seam.h"
#include "wide.h"

/* POSIX numbers, which <signal.h> does not have all of here. */
enum { INTERRUPTED = 2, ILLEGAL = 4, TRAPPED = 5, ABORTED = 6, BUS = 7, ARITHMETIC = 8 };
enum { KILLED = 9, SEGMENT = 11, TERMINATED = 15 };

/* ---- starting --------------------------------------------------------------------- */

/* This program's file in UTF-16 and UTF-8, both from weft_alloc(). */
static int own_path(wchar_t **path, char **name)
{
    enum { LONGEST = 32768 };
    *name = NULL;
    *path = weft_alloc(LONGEST * sizeof(wchar_t));
    if (*path == NULL)
        return WEFT_ENOMEM;
    DWORD length = GetModuleFileNameW(NULL, *path, LONGEST);
    if (length == 0 || length == LONGEST)
        return weft__fail_system((long)GetLastError(), "path of this program");
    *name = weft__utf8(*path);
    return *name != NULL ? 0 : WEFT_ENOMEM;
}

/* What the child inherits, and the argument that tells it. */
static int share_with_child(weft__launch *launch, const weft_seam_arena *arena, HANDLE stop,
                            char *mark, size_t size)
{
    const weft_process_options streams = {.input = WEFT_STREAM_NOTHING};
    HANDLE no_input, no_output, section, asked, parent;
    int err = weft__launch_streams(launch, &streams, &no_input, &no_output);
    if (err == 0)
        err = weft__launch_share(launch, (HANDLE)arena->handle, 0, &section);
    if (err == 0)
        err = weft__launch_share(launch, stop, SYNCHRONIZE, &asked);
    if (err == 0)
        err = weft__launch_share(launch, GetCurrentProcess(), SYNCHRONIZE, &parent);
    if (err != 0)
        return err;
    snprintf(mark, size, WEFT__CHILD_MARK "%llu,%llu,%llu,%llu",
             (unsigned long long)(uintptr_t)section, (unsigned long long)arena->size,
             (unsigned long long)(uintptr_t)asked, (unsigned long long)(uintptr_t)parent);
    return 0;
}

int weft_seam_process_start(weft_seam_process *process, const weft_seam_arena *arena,
                            const char *start, const weft_process_options *options,
                            uintptr_t ends[3])
{
    (void)options;
    (void)ends;
    char mark[128];
    wchar_t *path = NULL;
    char *name = NULL;
    wchar_t *command = NULL;
    weft__launch launch = {0};
    PROCESS_INFORMATION started;
    HANDLE stop = CreateEventW(NULL, TRUE, FALSE, NULL);
    int err = 0;
    if (stop == NULL)
        return weft__fail_system((long)GetLastError(), "event that ends a child process");
    err = own_path(&path, &name);
    if (err == 0)
        err = share_with_child(&launch, arena, stop, mark, sizeof(mark));
    if (err == 0)
        err = weft__command_line((const char *const[]){name, mark, start, NULL}, &command);
    if (err == 0)
        err = weft__launch_run(&launch, path, command, name, &started);
    if (err == 0)
        *process = (weft_seam_process){.pid = started.dwProcessId,
                                       .handle = (uintptr_t)started.hProcess,
                                       .stop = (uintptr_t)stop,
                                       .ours = true};
    else
        CloseHandle(stop);
    weft__launch_end(&launch);
    weft_free(command);
    weft_free(name);
    weft_free(path);
    return err;
}

int weft_seam_process_open(weft_seam_process *process, const char *const *arguments,
                           const weft_process_options *options, uintptr_t ends[3])
{
    wchar_t *path = NULL;
    wchar_t *command = NULL;
    HANDLE to_child = NULL;
    HANDLE from_child = NULL;
    weft__launch launch = {0};
    PROCESS_INFORMATION started;
    int err = weft__program_find(arguments[0], &path);
    if (err == 0)
        err = weft__command_line(arguments, &command);
    if (err == 0)
        err = weft__launch_streams(&launch, options, &to_child, &from_child);
    if (err == 0)
        err = weft__launch_run(&launch, path, command, arguments[0], &started);
    weft__launch_end(&launch);
    weft_free(command);
    weft_free(path);
    if (err != 0)
        goto close;
    *process =
        (weft_seam_process){.pid = started.dwProcessId, .handle = (uintptr_t)started.hProcess};
    ends[0] = to_child != NULL ? (uintptr_t)to_child : UINTPTR_MAX;
    ends[1] = from_child != NULL ? (uintptr_t)from_child : UINTPTR_MAX;
    return 0;

close:
    if (to_child != NULL)
        CloseHandle(to_child);
    if (from_child != NULL)
        CloseHandle(from_child);
    return err;
}

/* ---- ending ------------------------------------------------------------------------ */

/* The POSIX signal for an exit code that is no exit, 0 for one that is. */
static int signal_of(DWORD code)
{
    static const struct {
        DWORD code;
        int signal;
    } table[] = {
        {STATUS_CONTROL_C_EXIT, INTERRUPTED},
        {EXCEPTION_ILLEGAL_INSTRUCTION, ILLEGAL},
        {EXCEPTION_PRIV_INSTRUCTION, ILLEGAL},
        {EXCEPTION_BREAKPOINT, TRAPPED},
        {0xC0000409u, ABORTED}, /* STATUS_STACK_BUFFER_OVERRUN: abort() of newer C libraries */
        {0xC0000374u, ABORTED}, /* STATUS_HEAP_CORRUPTION */
        {0xE06D7363u, ABORTED}, /* a C++ exception that nobody caught */
        {EXCEPTION_IN_PAGE_ERROR, BUS},
        {EXCEPTION_DATATYPE_MISALIGNMENT, BUS},
        {EXCEPTION_INT_DIVIDE_BY_ZERO, ARITHMETIC},
        {EXCEPTION_INT_OVERFLOW, ARITHMETIC},
        {EXCEPTION_FLT_DENORMAL_OPERAND, ARITHMETIC},
        {EXCEPTION_FLT_DIVIDE_BY_ZERO, ARITHMETIC},
        {EXCEPTION_FLT_INEXACT_RESULT, ARITHMETIC},
        {EXCEPTION_FLT_INVALID_OPERATION, ARITHMETIC},
        {EXCEPTION_FLT_OVERFLOW, ARITHMETIC},
        {EXCEPTION_FLT_STACK_CHECK, ARITHMETIC},
        {EXCEPTION_FLT_UNDERFLOW, ARITHMETIC},
        {EXCEPTION_ACCESS_VIOLATION, SEGMENT},
        {EXCEPTION_ARRAY_BOUNDS_EXCEEDED, SEGMENT},
        {EXCEPTION_GUARD_PAGE, SEGMENT},
        {EXCEPTION_STACK_OVERFLOW, SEGMENT},
    };
    if ((code & ~0xFFu) == WEFT__EXIT_SIGNAL)
        return (int)(code & 0xFFu);
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        if (table[i].code == code)
            return table[i].signal;
    }
    return 0;
}

void weft_seam_process_wait(weft_seam_process *process, weft_process_status *status)
{
    DWORD code = 0;
    WaitForSingleObject((HANDLE)process->handle, INFINITE);
    GetExitCodeProcess((HANDLE)process->handle, &code);
    status->signal = signal_of(code);
    status->code = status->signal == 0 ? (int)code : 0;
}

static int end(weft_seam_process *process, int signal)
{
    HANDLE handle = (HANDLE)process->handle;
    if (TerminateProcess(handle, WEFT__EXIT_SIGNAL | (unsigned)signal))
        return 0;
    DWORD error = GetLastError();
    if (WaitForSingleObject(handle, 0) == WAIT_OBJECT_0)
        return 0; /* Windows denies access to what has ended */
    return weft__fail_system((long)error, "process %llu: signal %d",
                             (unsigned long long)process->pid, signal);
}

int weft_seam_process_terminate(weft_seam_process *process)
{
    if (!process->ours)
        return end(process, TERMINATED);
    if (SetEvent((HANDLE)process->stop))
        return 0;
    return weft__fail_system((long)GetLastError(), "process %llu: the event that ends it",
                             (unsigned long long)process->pid);
}

int weft_seam_process_kill(weft_seam_process *process)
{
    return end(process, KILLED);
}

void weft_seam_process_close(weft_seam_process *process)
{
    CloseHandle((HANDLE)process->handle);
    if (process->ours)
        CloseHandle((HANDLE)process->stop);
}

/* ---- this process ------------------------------------------------------------------- */

uint64_t weft_seam_process_pid(void)
{
    return GetCurrentProcessId();
}

void weft_seam_process_ignore_interrupt(void)
{
    SetConsoleCtrlHandler(NULL, TRUE);
}

void weft_seam_process_exit(int code)
{
    TerminateProcess(GetCurrentProcess(), (UINT)code);
}

/* ---- pipes -------------------------------------------------------------------------- */

/* Bytes of one call: pipes are much smaller, but a size_t does not fit a DWORD. */
static DWORD portion(size_t size)
{
    const size_t most = (size_t)1 << 20;
    return (DWORD)(size < most ? size : most);
}

int weft_seam_pipe_read(uintptr_t pipe, void *buffer, size_t size, size_t *length)
{
    DWORD got = 0;
    while (got == 0) { /* a write of no bytes is read as such, and is not the end */
        if (ReadFile((HANDLE)pipe, buffer, portion(size), &got, NULL))
            continue;
        if (GetLastError() == ERROR_BROKEN_PIPE)
            break;
        return weft__fail_system((long)GetLastError(), "process: reading its output");
    }
    *length = got;
    return 0;
}

int weft_seam_pipe_write(uintptr_t pipe, const void *data, size_t size)
{
    const char *next = data;
    while (size > 0) {
        DWORD put = 0;
        if (!WriteFile((HANDLE)pipe, next, portion(size), &put, NULL))
            return weft__fail_system((long)GetLastError(), "process: writing its input");
        next += put;
        size -= put;
    }
    return 0;
}

void weft_seam_pipe_close(uintptr_t pipe)
{
    CloseHandle((HANDLE)pipe);
}
