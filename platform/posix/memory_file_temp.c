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

/* A full disk must be an error here, not a SIGBUS later. Several processes may do this
 * for the same part at once: neither way writes to it. */
int weft__memory_file_commit(int descriptor, uint64_t offset, size_t size)
{
#if defined(__APPLE__)
    fstore_t part = {
        .fst_flags = F_ALLOCATEALL, .fst_posmode = F_PEOFPOSMODE, .fst_length = (off_t)size};
    int error = fcntl(descriptor, F_PREALLOCATE, &part) == -1 ? errno : 0;

    (void)offset; /* macOS only extends: it reserves as much, wherever it is used */
#else
    int error = posix_fallocate(descriptor, (off_t)offset, (off_t)size);
#endif
    if (error == 0)
        return 0;
    weft__fail_system(error, "arena: no room for %zu more bytes", size);
    return WEFT_ENOMEM;
}
