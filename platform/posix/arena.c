/* SPDX-License-Identifier: MIT */
/*
 * The arena as a mapped file without a name, and the marks of its processes.
 *
 * A process marks its slot by a record lock on one byte of the file, far behind the
 * memory. The system drops the lock when the process dies, however it dies and
 * before its parent collects it, and never confuses it with a later process of the
 * same number. Record locks go when the process closes any descriptor of the file,
 * so the file is opened once per process and never closed.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "internal.h"
#include "memory_file.h"
#include "seam.h"
#include "spawn.h"

static off_t mark_of(const weft_seam_arena *arena, uint32_t slot)
{
    return (off_t)arena->size + (off_t)slot;
}

int weft_seam_arena_attach(weft_seam_arena *arena, uintptr_t handle, size_t size)
{
    void *base = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, (int)handle, 0);

    if (base == MAP_FAILED)
        return weft__fail_system(errno, "arena: %zu bytes of address space", size);
    *arena = (weft_seam_arena){.base = base, .size = size, .handle = handle};
    return 0;
}

int weft_seam_arena_create(weft_seam_arena *arena, size_t size)
{
    int descriptor;
    int err = weft__memory_file_create(&descriptor, size);

    if (err == 0)
        err = weft__out_of_the_way(&descriptor);
    if (err == 0) {
        err = weft_seam_arena_attach(arena, (uintptr_t)descriptor, size);
        if (err != 0)
            close(descriptor);
    }
    return err;
}

int weft_seam_arena_commit(const weft_seam_arena *arena, uint64_t offset, size_t size)
{
    return weft__memory_file_commit((int)arena->handle, offset, size);
}

int weft_seam_process_mark(const weft_seam_arena *arena, uint32_t slot, uint64_t *mark)
{
    struct flock lock = {
        .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = mark_of(arena, slot), .l_len = 1};

    if (fcntl((int)arena->handle, F_SETLK, &lock) == -1)
        return weft__fail_system(errno, "arena: mark %u is another's", (unsigned)slot);
    *mark = (uint64_t)getpid();
    return 0;
}

bool weft_seam_process_alive(const weft_seam_arena *arena, uint32_t slot, uint64_t mark)
{
    struct flock lock = {
        .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = mark_of(arena, slot), .l_len = 1};

    if (mark == (uint64_t)getpid())
        return true; /* its own lock stands in nobody's own way */
    return fcntl((int)arena->handle, F_GETLK, &lock) == -1 || lock.l_type != F_UNLCK;
}
