/* SPDX-License-Identifier: MIT */
/* A bell is a pipe that has a byte in it while it rings. Both ends are in one word. */
#include "socket_private.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <unistd.h>

#include "internal.h"
#include "seam_socket.h"

enum { HALF = sizeof(uintptr_t) * CHAR_BIT / 2 };

bool weft__descriptor_init(int descriptor)
{
    int flags = fcntl(descriptor, F_GETFL);

    return flags >= 0 && fcntl(descriptor, F_SETFL, flags | O_NONBLOCK) == 0 &&
           fcntl(descriptor, F_SETFD, FD_CLOEXEC) == 0;
}

static int write_end(uintptr_t bell)
{
    return (int)(bell >> HALF);
}

int weft__bell_descriptor(uintptr_t bell)
{
    return (int)(bell & (((uintptr_t)1 << HALF) - 1));
}

int weft_seam_bell_create(uintptr_t *bell)
{
    int ends[2];

    if (pipe(ends) != 0)
        return weft__fail_system(errno, "bell: no pipe");
    /* The write end is the one that is never 0. */
    if (!weft__descriptor_init(ends[0]) || !weft__descriptor_init(ends[1]) || ends[1] == 0 ||
        (uintptr_t)ends[0] >> HALF != 0 || (uintptr_t)ends[1] >> HALF != 0) {
        close(ends[0]);
        close(ends[1]);
        return weft__fail(WEFT_ELIMIT, "bell: no descriptor that fits");
    }
    *bell = (uintptr_t)ends[1] << HALF | (uintptr_t)ends[0];
    return 0;
}

void weft_seam_bell_ring(uintptr_t bell)
{
    ssize_t written = write(write_end(bell), "", 1);

    (void)written; /* there is room: it is rung once and then silenced */
}

void weft_seam_bell_silence(uintptr_t bell)
{
    char byte;
    ssize_t got = read(weft__bell_descriptor(bell), &byte, 1);

    (void)got;
}

void weft_seam_bell_close(uintptr_t bell)
{
    close(weft__bell_descriptor(bell));
    close(write_end(bell));
}
