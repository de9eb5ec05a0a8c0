/* SPDX-License-Identifier: MIT */
/*
 * The arena as a mapped file without a name, and the marks of its processes.
 *
 * A process marks its slot by a record lock on one byte of the file, far behind the
 * memory. The system drops the lock when the process dies, however it dies and
 * before its parent collects it, and never confuses it with a later process of the
 * same number. It also drops it when the process closes any descriptor of the file, as a
 * program does that closes all it has; so a process whose lock is gone is asked after by
 * its number and birth (life.h), which are its mark. The two together never call a living
 * process dead.
 *
 * For the same reason the descriptor is looked at before it is used: it may be closed, or
 * its number be given to another file of the program. The memory stays mapped, and where
 * the system can, more is then had by address.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "forked.h"
#include "internal.h"
#include "life.h"
#include "memory_file.h"
#include "seam.h"
#include "spawn.h"

/* The arena's file, and this process's mark; written before other threads use the arena. */
static struct stat file;
static uint64_t own_mark;

/* ---- memory ------------------------------------------------------------------------ */

size_t weft_seam_arena_most(void)
{
    return (size_t)1 << (sizeof(void *) > 4 ? 36 : 26);
}

/* Whether `size` is more than one `part` of what a limit of this process allows. */
static bool exceeds(size_t size, int resource, size_t part)
{
    struct rlimit limit;

    return getrlimit(resource, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY &&
           size > limit.rlim_cur / part;
}

/* The descriptor while it is the arena's, else -1. */
static int descriptor_of(const weft_seam_arena *arena)
{
    struct stat now;
    int descriptor = (int)arena->handle;

    if (fstat(descriptor, &now) == 0 && now.st_dev == file.st_dev && now.st_ino == file.st_ino)
        return descriptor;
    return -1;
}

int weft_seam_arena_attach(weft_seam_arena *arena, uintptr_t handle, size_t size)
{
    int descriptor = (int)handle;
    void *base;

    if (fstat(descriptor, &file) == -1 || (uint64_t)file.st_size < size)
        return weft__fail(WEFT_EPERM, "arena: descriptor %d is not its file", descriptor);
    base = weft__memory_file_map(descriptor, size);
    if (base == MAP_FAILED)
        return weft__fail_system(errno, "arena: %zu bytes of address space", size);
    *arena = (weft_seam_arena){.base = base, .size = size, .handle = handle};
    weft__watch_forks();
    return 0;
}

int weft_seam_arena_create(weft_seam_arena *arena, size_t size)
{
    int descriptor;
    int err;

    /* A file that is larger than its limit is a signal, not an error. */
    if (exceeds(size, RLIMIT_FSIZE, 1) || exceeds(size, RLIMIT_AS, 4))
        return weft__fail(WEFT_ELIMIT, "arena: %zu bytes are more than ulimit -f or -v allows",
                          size);
    err = weft__memory_file_create(&descriptor, size);
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
    return weft__memory_file_commit(descriptor_of(arena), (char *)arena->base + offset, offset,
                                    size);
}

bool weft_seam_arena_discard(const weft_seam_arena *arena, uint64_t offset, size_t size)
{
    return weft__memory_file_discard(descriptor_of(arena), (char *)arena->base + offset, offset,
                                     size);
}

/* ---- processes --------------------------------------------------------------------- */

static struct flock lock_of(const weft_seam_arena *arena, uint32_t slot)
{
    return (struct flock){.l_type = F_WRLCK,
                          .l_whence = SEEK_SET,
                          .l_start = (off_t)arena->size + (off_t)slot,
                          .l_len = 1};
}

int weft_seam_process_mark(const weft_seam_arena *arena, uint32_t slot, uint64_t *mark)
{
    struct flock lock = lock_of(arena, slot);
    pid_t pid = getpid();

    if (fcntl((int)arena->handle, F_SETLK, &lock) == -1)
        return weft__fail_system(errno, "arena: mark %u is another's", (unsigned)slot);
    own_mark = (uint64_t)pid << 32 | weft__birth();
    *mark = own_mark;
    return 0;
}

bool weft_seam_process_alive(const weft_seam_arena *arena, uint32_t slot, uint64_t mark)
{
    struct flock lock = lock_of(arena, slot);
    int descriptor;

    if (mark == own_mark)
        return true; /* its own lock stands in nobody's own way */
    descriptor = descriptor_of(arena);
    if (descriptor != -1 && fcntl(descriptor, F_GETLK, &lock) == 0 && lock.l_type != F_UNLCK)
        return true;
    return weft__lives((pid_t)(mark >> 32), (uint32_t)mark);
}
