/* SPDX-License-Identifier: MIT */
/*
 * The arena: a section of the page file without a name. Its address space is reserved
 * whole; VirtualAlloc commits parts of it, which then are there in every process that
 * maps the section. The system frees it with the last handle and the last view.
 *
 * The handle is not inheritable: process.c makes copies that are, for one child each.
 *
 * A process is marked by its number and the low half of the time of its creation in
 * units of 100 ns, so that a number given again is no proof of life.
 */

#include <windows.h>

#include "weft/error.h"

#include "internal.h"
#include "parking.h"
#include "seam.h"

static int map(weft_seam_arena *arena, HANDLE section, size_t size)
{
    void *base = MapViewOfFile(section, FILE_MAP_READ | FILE_MAP_WRITE, 0, 0, size);
    if (base == NULL)
        return weft__fail_system((long)GetLastError(), "arena of %zu bytes", size);
    *arena = (weft_seam_arena){.base = base, .size = size, .handle = (uintptr_t)section};
    return 0;
}

/* A section that is only reserved costs its entry in the table of address space. */
size_t weft_seam_arena_most(void)
{
    return (size_t)1 << (sizeof(void *) > 4 ? 34 : 26);
}

int weft_seam_arena_create(weft_seam_arena *arena, size_t size)
{
    weft_seam_arena made;
    int err = 0;
    uint64_t bytes = size;
    HANDLE section = CreateFileMappingW(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE | SEC_RESERVE,
                                        (DWORD)(bytes >> 32), (DWORD)bytes, NULL);
    if (section == NULL)
        return weft__fail_system((long)GetLastError(), "arena of %zu bytes", size);
    err = map(&made, section, size);
    if (err != 0)
        goto close;
    err = weft_seam_arena_commit(&made, 0, WEFT_SEAM_ARENA_RESERVED);
    if (err == 0)
        err = weft__parking_make(&made);
    if (err == 0)
        err = weft__parking_use(&made);
    if (err != 0)
        goto unmap;
    *arena = made;
    return 0;

unmap:
    UnmapViewOfFile(made.base);
close:
    CloseHandle(section);
    return err;
}

int weft_seam_arena_attach(weft_seam_arena *arena, uintptr_t handle, size_t size)
{
    int err = map(arena, (HANDLE)handle, size);
    if (err == 0)
        err = weft__parking_use(arena);
    return err;
}

int weft_seam_arena_commit(const weft_seam_arena *arena, uint64_t offset, size_t size)
{
    char *start = (char *)arena->base + offset;
    if (size == 0 || VirtualAlloc(start, size, MEM_COMMIT, PAGE_READWRITE) != NULL)
        return 0;
    return weft__fail_system((long)GetLastError(), "arena: %zu bytes at offset %llu", size,
                             (unsigned long long)offset);
}

/* Windows takes nothing back from a section before its last handle is closed (VirtualFree
 * refuses MEM_DECOMMIT there), but it need not write to the page file what nobody wants. */
bool weft_seam_arena_discard(const weft_seam_arena *arena, uint64_t offset, size_t size)
{
    (void)VirtualAlloc((char *)arena->base + offset, size, MEM_RESET, PAGE_READWRITE);
    return false;
}

/* The mark of a process, 0 if it cannot be asked. */
static uint64_t mark_of(HANDLE process, DWORD pid)
{
    FILETIME created, exited, kernel, user;
    if (!GetProcessTimes(process, &created, &exited, &kernel, &user))
        return 0;
    return (uint64_t)pid << 32 | created.dwLowDateTime;
}

int weft_seam_process_mark(const weft_seam_arena *arena, uint32_t slot, uint64_t *mark)
{
    (void)arena;
    (void)slot;
    uint64_t own = mark_of(GetCurrentProcess(), GetCurrentProcessId());
    if (own == 0)
        return weft__fail_system((long)GetLastError(), "time of the process's creation");
    *mark = own;
    return 0;
}

HANDLE weft__mark_open(uint64_t mark)
{
    DWORD pid = (DWORD)(mark >> 32);
    HANDLE process = OpenProcess(SYNCHRONIZE | PROCESS_QUERY_LIMITED_INFORMATION, FALSE, pid);
    if (process == NULL || mark_of(process, pid) == mark)
        return process;
    CloseHandle(process);
    SetLastError(ERROR_INVALID_PARAMETER); /* what OpenProcess says of numbers of nobody */
    return NULL;
}

bool weft__mark_lives(uint64_t mark)
{
    HANDLE process = weft__mark_open(mark);
    if (process == NULL) /* anything else, such as access denied, is no proof of death */
        return GetLastError() != ERROR_INVALID_PARAMETER;
    bool lives = WaitForSingleObject(process, 0) == WAIT_TIMEOUT;
    CloseHandle(process);
    return lives;
}

bool weft_seam_process_alive(const weft_seam_arena *arena, uint32_t slot, uint64_t mark)
{
    (void)arena;
    (void)slot;
    return weft__mark_lives(mark);
}
