/* SPDX-License-Identifier: MIT */
#ifndef WEFT_POLLER_ARRAY_H
#define WEFT_POLLER_ARRAY_H

/* What a system whose poll() takes all sockets anew each time does for
 * portable/poller_array.c, which is the seam's poller there. */

#include <stddef.h>

#include "seam.h"

/* One socket in one call. */
typedef struct weft__asked {
    weft_socket *socket;
    weft_seam_polled *told; /* who is told: of the socket, or of the poller it is in */
    unsigned events;        /* asked for */
    unsigned ready;         /* the answer */
} weft__asked;

enum { WEFT__ASK_ROOM = 16 }; /* bytes per socket, and for one more, that weft__ask() may use */

/* Two handles, or whatever it takes to end weft__ask(). */
typedef struct weft__bell {
    uintptr_t end[2];
} weft__bell;

int weft__bell_open(weft__bell *bell);
void weft__bell_close(weft__bell *bell);
int weft__bell_ring(weft__bell *bell);

/* Until one of them is ready, the bell has rung (which this ends), or the deadline; or for no
 * reason. bell NULL: the deadline has passed. The sockets are not closed meanwhile. */
int weft__ask(weft__asked *asked, size_t count, void *room, weft__bell *bell, weft_time until);

#endif
