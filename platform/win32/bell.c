/* SPDX-License-Identifier: MIT */
/* A bell is an event that stays set while it rings. */
#include <stdint.h>

#include <windows.h>

#include "internal.h"
#include "seam_socket.h"

int weft_seam_bell_create(uintptr_t *bell)
{
    HANDLE event = CreateEventW(NULL, TRUE, FALSE, NULL);

    if (event == NULL)
        return weft__fail_system((long)GetLastError(), "bell: no event");
    *bell = (uintptr_t)event;
    return 0;
}

void weft_seam_bell_ring(uintptr_t bell)
{
    SetEvent((HANDLE)bell);
}

void weft_seam_bell_silence(uintptr_t bell)
{
    ResetEvent((HANDLE)bell);
}

void weft_seam_bell_close(uintptr_t bell)
{
    CloseHandle((HANDLE)bell);
}
