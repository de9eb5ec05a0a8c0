/* SPDX-License-Identifier: MIT */
/*
 * The arena's file on Linux: memory that never had a name. No limit stands between it and
 * the end of the machine's memory, where the system would kill somebody: so who asks for
 * much is refused here when there is not that much.
 *
 * Memory is given by fallocate(), which takes turns with others but not their time: to
 * touch the pages (MADV_POPULATE_WRITE) is several times slower when processes do it at
 * once. It is the way out for a process that has closed the file, and taking memory back
 * goes by address for all.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/sysinfo.h>
#include <unistd.h>

#include "internal.h"
#include "memory_file.h"

/* A call ends within some ms: it can be interrupted, and then begins anew. */
enum { PIECE = 16 << 20 };

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23 /* Linux 5.14 */
#endif

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

void *weft__memory_file_map(int descriptor, size_t size)
{
    void *base =
        mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, descriptor, 0);

    /* A core dump would read, and thereby fill, all the room there is. */
    if (base != MAP_FAILED)
        (void)madvise(base, size, MADV_DONTDUMP);
    return base;
}

/* Bytes that programs can still have before the system runs out, as the kernel estimates. */
static uint64_t available(void)
{
    char line[128];
    uint64_t memory = UINT64_MAX, swap = 0;
    FILE *file = fopen("/proc/meminfo", "re");

    while (file && fgets(line, sizeof(line), file)) {
        (void)sscanf(line, "MemAvailable: %" SCNu64 " kB", &memory);
        (void)sscanf(line, "SwapFree: %" SCNu64 " kB", &swap);
    }
    if (file)
        fclose(file);
    return memory == UINT64_MAX ? memory : (memory + swap) * 1024;
}

/* Asks the kernel for its estimate, which takes longer, only where memory is short. */
static int check_room(size_t size)
{
    struct sysinfo info;
    uint64_t unit, left, spare;

    if (sysinfo(&info) != 0)
        return 0;
    unit = info.mem_unit;
    spare = info.totalram * unit / 64;
    if (info.freeram * unit > size + 4 * spare)
        return 0;
    left = available();
    if (left > size + spare)
        return 0;
    return weft__fail(WEFT_ENOMEM,
                      "arena: %zu more bytes of shared memory: the system has only %" PRIu64
                      " bytes of memory left",
                      size, left);
}

/* All whole pages from `at` to its end. */
static int populate(char *at, size_t size)
{
    size_t before = (uintptr_t)at % (size_t)sysconf(_SC_PAGESIZE);

    return madvise(at - before, size + before, MADV_POPULATE_WRITE) == 0 ? 0 : errno;
}

int weft__memory_file_commit(int descriptor, void *at, uint64_t offset, size_t size)
{
    int error = 0;

    if (check_room(size) != 0)
        return WEFT_ENOMEM;
    for (size_t done = 0; done < size && error == 0;) {
        size_t piece = size - done < PIECE ? size - done : PIECE;

        if (descriptor == -1)
            error = populate((char *)at + done, piece);
        else
            error = posix_fallocate(descriptor, (off_t)(offset + done), (off_t)piece);
        if (error == 0)
            done += piece;
        else if (error == EINTR)
            error = 0;
    }
    if (error == 0)
        return 0;
    weft__fail_system(error, "arena: the system has no %zu bytes of shared memory left", size);
    return WEFT_ENOMEM;
}

bool weft__memory_file_discard(int descriptor, void *at, uint64_t offset, size_t size)
{
    (void)descriptor;
    (void)offset;
    return madvise(at, size, MADV_REMOVE) == 0;
}
