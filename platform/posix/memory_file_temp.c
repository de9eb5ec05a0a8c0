/* SPDX-License-Identifier: MIT */
/*
 * The arena's file on plain POSIX: a temporary file whose name is removed at once,
 * in memory where there is a folder for that. (Not shm_open: on macOS its objects
 * take no record locks, on which weft_seam_process_alive() stands.)
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "internal.h"
#include "memory_file.h"

static int create_in(const char *folder)
{
    char path[1024];
    int made;

    if (!folder || snprintf(path, sizeof(path), "%s/weft-XXXXXX", folder) >= (int)sizeof(path))
        return -1;
    made = mkstemp(path);
    if (made == -1)
        return -1;
    unlink(path);
    fcntl(made, F_SETFD, FD_CLOEXEC);
    return made;
}

int weft__memory_file_create(int *descriptor, size_t size)
{
    int made = create_in("/dev/shm");

    if (made == -1)
        made = create_in(getenv("TMPDIR"));
    if (made == -1)
        made = create_in("/tmp");
    if (made == -1)
        return weft__fail_system(errno, "arena: no temporary file in /dev/shm, TMPDIR or /tmp");
    if (ftruncate(made, (off_t)size) == 0) {
        *descriptor = made;
        return 0;
    }
    int err = weft__fail_system(errno, "arena: a file of %zu bytes", size);
    close(made);
    return err;
}

void *weft__memory_file_map(int descriptor, size_t size)
{
    return mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
}

/* A full disk must be an error here, not a SIGBUS later. Several processes may do this
 * for the same part at once: neither way writes to it. */
static int allocate(int descriptor, uint64_t offset, size_t size)
{
#if defined(__APPLE__)
    fstore_t part = {
        .fst_flags = F_ALLOCATEALL, .fst_posmode = F_PEOFPOSMODE, .fst_length = (off_t)size};

    (void)offset; /* macOS only extends: it reserves as much, wherever it is used */
    return fcntl(descriptor, F_PREALLOCATE, &part) == -1 ? errno : 0;
#else
    return posix_fallocate(descriptor, (off_t)offset, (off_t)size);
#endif
}

int weft__memory_file_commit(int descriptor, void *at, uint64_t offset, size_t size)
{
    enum { PIECE = 16 << 20 }; /* a call that is interrupted begins anew */
    int error = 0;

    (void)at;
    if (descriptor == -1)
        return 0; /* closed by the program: pages come when touched, if the disk has room */
    for (size_t done = 0; done < size && error == 0;) {
        size_t piece = size - done < PIECE ? size - done : PIECE;

        error = allocate(descriptor, offset + done, piece);
        if (error == 0)
            done += piece;
        else if (error == EINTR)
            error = 0;
    }
    if (error == 0)
        return 0;
    weft__fail_system(error, "arena: no room for %zu more bytes", size);
    return WEFT_ENOMEM;
}

/* POSIX knows no way to make a hole in a file. */
bool weft__memory_file_discard(int descriptor, void *at, uint64_t offset, size_t size)
{
    (void)at;
#if defined(F_PUNCHHOLE)
    fpunchhole_t hole = {.fp_offset = (off_t)offset, .fp_length = (off_t)size};

    return descriptor != -1 && fcntl(descriptor, F_PUNCHHOLE, &hole) == 0;
#else
    (void)descriptor;
    (void)offset;
    (void)size;
    return false;
#endif
}
