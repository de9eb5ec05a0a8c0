/* SPDX-License-Identifier: MIT */
/*
 * Threads. _beginthreadex and not CreateThread: the C library sets up and frees what
 * it keeps per thread.
 *
 * The name is given by a function that Windows has only since 10 version 1607; it is
 * looked up at run time, so older systems start too and show no names.
 */

#include <limits.h>
#include <process.h>
#include <string.h>

#include <windows.h>

#include "weft/error.h"

#include "internal.h"
#include "seam.h"

typedef HRESULT WINAPI set_description(HANDLE thread, PCWSTR description);

/* Takes no memory: a thread without a name is no failure of its start. */
static void set_name(HANDLE thread, const char *name)
{
    enum { LONGEST = 255 };
    wchar_t wide[LONGEST + 1];
    set_description *describe = NULL;
    FARPROC found = GetProcAddress(GetModuleHandleW(L"kernel32.dll"), "SetThreadDescription");
    if (found == NULL)
        return;
    memcpy(&describe, &found, sizeof(describe)); /* no cast fits both function types */

    size_t length = strlen(name);
    int bytes = length < LONGEST ? (int)length : LONGEST; /* UTF-16 never has more units */
    wide[MultiByteToWideChar(CP_UTF8, 0, name, bytes, wide, LONGEST)] = L'\0';
    (void)describe(thread, wide);
}

static unsigned __stdcall begin(void *argument)
{
    const weft_seam_start *start = argument;

    set_name(GetCurrentThread(), start->name);
    start->run(start->context);
    return 0;
}

int weft_seam_thread_start(weft_seam_thread *thread, const weft_seam_start *start,
                           size_t stack_size)
{
    union { /* what the C library hands on is not const */
        const weft_seam_start *start;
        void *pointer;
    } argument = {start};
    unsigned size = stack_size < UINT_MAX ? (unsigned)stack_size : UINT_MAX;

    SetLastError(ERROR_MAX_THRDS_REACHED); /* the reason, if the C library gives none */
    uintptr_t handle =
        _beginthreadex(NULL, size, begin, argument.pointer, STACK_SIZE_PARAM_IS_A_RESERVATION, NULL);
    if (handle == 0) {
        weft__fail_system((long)GetLastError(), "thread %s", start->name);
        return WEFT_ELIMIT;
    }
    thread->handle = handle;
    return 0;
}

void weft_seam_thread_join(weft_seam_thread thread)
{
    WaitForSingleObject((HANDLE)thread.handle, INFINITE);
    CloseHandle((HANDLE)thread.handle);
}

void weft_seam_thread_detach(weft_seam_thread thread)
{
    CloseHandle((HANDLE)thread.handle);
}

void weft_seam_yield(void)
{
    SwitchToThread();
}
