/* SPDX-License-Identifier: MIT */
/* A bell is an eventfd whose number is not 0 while it rings. */
#include "socket_private.h"

#include <errno.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "internal.h"
#include "seam_socket.h"

int weft__bell_descriptor(uintptr_t bell)
{
    return (int)(bell - 1); /* 0 is a descriptor, but no bell */
}

int weft_seam_bell_create(uintptr_t *bell)
{
    int descriptor = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);

    if (descriptor < 0)
        return weft__fail_system(errno, "bell: no eventfd");
    *bell = (uintptr_t)descriptor + 1;
    return 0;
}

void weft_seam_bell_ring(uintptr_t bell)
{
    eventfd_write(weft__bell_descriptor(bell), 1);
}

void weft_seam_bell_silence(uintptr_t bell)
{
    eventfd_t number;

    eventfd_read(weft__bell_descriptor(bell), &number);
}

void weft_seam_bell_close(uintptr_t bell)
{
    close(weft__bell_descriptor(bell));
}
