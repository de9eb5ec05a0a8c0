/* SPDX-License-Identifier: MIT */
/* The arena's file on Linux: memory that never had a name. */
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "internal.h"
#include "memory_file.h"

int weft__memory_file_create(int *descriptor, size_t size)
{
    int made = memfd_create("weft-arena", MFD_CLOEXEC);

    if (made == -1)
        return weft__fail_system(errno, "arena: no memory file");
    if (ftruncate(made, (off_t)size) == 0) {
        *descriptor = made;
        return 0;
    }
    int err = weft__fail_system(errno, "arena: %zu bytes of shared memory", size);
    close(made);
    return err;
}

int weft__memory_file_commit(int descriptor, uint64_t offset, size_t size)
{
    int error = posix_fallocate(descriptor, (off_t)offset, (off_t)size);

    if (error == 0)
        return 0;
    weft__fail_system(error, "arena: the system has no %zu bytes of shared memory left", size);
    return WEFT_ENOMEM;
}
