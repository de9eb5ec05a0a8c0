/* SPDX-License-Identifier: MIT */
#ifndef WEFT_POLLER_OBJECT_H
#define WEFT_POLLER_OBJECT_H

/* A poller, for portable/poller*.c. What guards which field is said in portable/poller.c. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "seam.h"
#include "weft/atomic.h"
#include "weft/mutex.h"
#include "weft/poller.h"

/* What is registered: a socket or, in the poller of portable/poller_watch.c, another poller. */
struct weft__polled {
    weft_seam_polled seam;     /* first: the seam hands back a pointer to it */
    struct weft__polled *next; /* in its chain of the table, or among the removed */
    struct weft__polled *next_ended;
    void *data;
    uint8_t events; /* asked for */
    bool ended;     /* shut down in a direction that was asked for: told by each wait, and the
                       system is not asked; in the list of `ended` */
    bool removed;   /* not registered any more: the system may have told of it before */
};

/* By address of socket or poller. All zero: empty. */
struct weft__poller_table {
    struct weft__polled **chains; /* a power of two of them */
    size_t size, count;
};

/* portable/poller_look.c: of the thread that waits. */
struct weft__poller_patience {
    weft_time since;       /* when the phase began */
    weft_time cost[2];     /* ns per event in the last phase without looks, and with; 0: not known */
    uint32_t left, events; /* how many the phase lasts, and has had */
    bool looks;            /* the phase is one with looks */
    bool looked;           /* the last wait was a look that saw nothing: the next one sleeps */
    uint8_t misses;        /* looks that saw nothing, running */
    uint8_t doublings;     /* of long phases */
};

struct weft_poller {
    weft_seam_poller *seam;
    weft_atomic_u32 waiting; /* enum weft__waiting; by the waiting thread */
    weft_atomic_u32 woken;   /* 1: weft_poller_wake() was called, and no wait has told yet */
    weft_atomic_u32 ended;   /* how many registered sockets have; changed under `lock` */
    weft_atomic_u32 observers; /* who wait for it in weft_wait_any(); see poller_watch.c */
    struct weft__poller_patience patience;
    weft_mutex lock;
    struct weft__poller_table table;
    struct weft__polled *ended_first;
    struct weft__polled *removed; /* while a wait may be told of them by the system */
    unsigned removed_count;
    struct weft_poller *next, *previous; /* of all pollers */
};

enum weft__waiting { WEFT__NOBODY_WAITS, WEFT__WAITS, WEFT__WAITS_UNDER_TOKEN };

/* ---- portable/poller_table.c ---------------------------------------------------- */

struct weft__polled *weft__poller_find(const struct weft__poller_table *table, const void *key);

/* One more will fit. WEFT_ENOMEM. */
int weft__poller_make_room(struct weft__poller_table *table);
void weft__poller_insert(struct weft__poller_table *table, struct weft__polled *polled);
void weft__poller_take_out(struct weft__poller_table *table, struct weft__polled *polled);

/* All that were in it, chained by `next`; it is as at first. */
struct weft__polled *weft__poller_empty(struct weft__poller_table *table);

static inline const void *weft__polled_key(const struct weft__polled *polled)
{
    return polled->seam.socket ? (const void *)polled->seam.socket : polled->seam.inner;
}

/* ---- portable/poller_look.c ------------------------------------------------------ */

/* weft_seam_poller_wait(), which may look for a while instead of sleeping. */
int weft__poller_sleep(struct weft_poller *poller, weft_ready *ready, size_t room, size_t *count,
                       weft_time until);

/* ---- portable/poller_list.c ------------------------------------------------------ */

void weft__poller_list(struct weft_poller *poller);
void weft__poller_unlist(struct weft_poller *poller);

/* ---- portable/poller_watch.c ------------------------------------------------------ */

/* Who waits for the poller in weft_wait_any() asks again. */
void weft__poller_tell_observers(struct weft_poller *poller);

/* ---- portable/poller.c ----------------------------------------------------------- */

/* Whoever waits there or for it is to look again. */
void weft__poller_nudge(struct weft_poller *poller);

/* The socket is unregistered, if it is registered there. Sets no last error. */
void weft__poller_drop(struct weft_poller *poller, weft_socket *socket);

/* The socket, if it is registered there, was shut down. */
void weft__poller_end(struct weft_poller *poller, weft_socket *socket);

/* Under the lock, when the wait has passed over what it was told. */
void weft__poller_free_removed(struct weft_poller *poller);

/* The other poller is registered like a socket, or its events change; data NULL: unregistered.
 * It is readable when a wait there would return. */
int weft__poller_nest(struct weft_poller *poller, struct weft_poller *inner, unsigned events,
                      void *data);

#endif
