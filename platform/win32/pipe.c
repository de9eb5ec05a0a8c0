/* SPDX-License-Identifier: MIT */
/* The parent's ends of the pipes to a child. */

#include <stdint.h>

#include <windows.h>

#include "internal.h"
#include "seam.h"

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
