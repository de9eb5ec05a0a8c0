/* SPDX-License-Identifier: MIT */
/*
 * The seam's poller where the system is given all sockets with each call: poll(), WSAPoll(),
 * SDL2_net.
 *
 * `lock` guards what all pollers watch. A wait copies that into an array of its own and asks
 * the system without the lock; who changes something rings the bell of the poller, and the
 * wait ends, to begin anew. Who takes a socket out, which may be about to be closed, goes on
 * only after that: `round` is another then.
 *
 * A poller inside another is not asked by itself: the outer one asks about its sockets. So
 * who changes the inner one rings for the outer, too, and waits for both.
 */
#include "poller_array.h"

#include <string.h>

#include "internal.h"
#include "park.h"
#include "weft/condition.h"
#include "weft/memory.h"
#include "weft/mutex.h"

enum { FIRST_ROOM = 8 };

struct weft_seam_poller {
    weft__bell bell;
    weft_seam_polled **watched; /* from here on under the lock; `place` says where one stands */
    size_t count, room;
    weft_seam_poller *outer; /* the only one that this is in */
    bool asking;             /* its wait is in the system */
    uint32_t round;          /* how often it was */
    size_t turn;             /* whom the next wait tells first */
    weft__asked *asked;      /* from here on the waiting thread's */
    size_t asked_room;
};

static weft_mutex lock = WEFT_MUTEX_INIT;
static weft_condition asked_all = WEFT_CONDITION_INIT; /* a `round` is over */

/* ---- life --------------------------------------------------------------------------- */

int weft_seam_poller_open(weft_seam_poller **poller)
{
    weft_seam_poller *opened = weft_alloc(sizeof(*opened));
    int err;

    if (!opened)
        return WEFT_ENOMEM;
    err = weft__bell_open(&opened->bell);
    if (err != 0) {
        weft_free(opened);
        return err;
    }
    *poller = opened;
    return 0;
}

void weft_seam_poller_close(weft_seam_poller *poller)
{
    weft__bell_close(&poller->bell);
    weft_free(poller->watched);
    weft_free(poller->asked);
    weft_free(poller);
}

/* ---- watching ------------------------------------------------------------------------- */

/* Under the lock. */
static int put_in(weft_seam_poller *poller, weft_seam_polled *polled)
{
    size_t room = poller->room > 0 ? poller->room * 2 : FIRST_ROOM;
    weft_seam_polled **larger;

    if (poller->count == poller->room) {
        larger = weft_alloc(room * sizeof(larger[0]));
        if (!larger)
            return WEFT_ENOMEM;
        if (poller->count > 0)
            memcpy(larger, poller->watched, poller->count * sizeof(larger[0]));
        weft_free(poller->watched);
        poller->watched = larger;
        poller->room = room;
    }
    polled->place = (unsigned)poller->count;
    poller->watched[poller->count++] = polled;
    if (polled->inner)
        polled->inner->outer = poller;
    return 0;
}

/* Under the lock. */
static void take_out(weft_seam_poller *poller, weft_seam_polled *polled)
{
    weft_seam_polled *last = poller->watched[--poller->count];

    poller->watched[polled->place] = last;
    last->place = polled->place;
    if (polled->inner)
        polled->inner->outer = NULL;
}

/* Its wait, if one is in the system, begins anew. Under the lock, which is left meanwhile if
 * the caller has to wait for that. */
static void renew(weft_seam_poller *poller, bool wait)
{
    uint32_t round = poller->round;

    if (!poller->asking)
        return;
    (void)weft__bell_ring(&poller->bell);
    while (wait && poller->asking && poller->round == round)
        (void)weft__condition_wait(&asked_all, &lock, WEFT_FOREVER, 0, "poller", poller);
}

int weft_seam_poller_watch(weft_seam_poller *poller, weft_seam_polled *polled, unsigned events)
{
    weft_seam_poller *outer;
    int err = 0;

    if (events == polled->events)
        return 0;
    weft_mutex_acquire(&lock, WEFT_FOREVER);
    if (polled->events == 0)
        err = put_in(poller, polled);
    else if (events == 0)
        take_out(poller, polled);
    if (err == 0)
        polled->events = events;
    outer = poller->outer;
    if (err == 0)
        renew(poller, events == 0);
    if (err == 0 && outer)
        renew(outer, events == 0);
    weft_mutex_release(&lock);
    return err;
}

/* All is told by every wait here. */
void weft_seam_poller_again(weft_seam_poller *poller, weft_seam_polled *polled)
{
    (void)poller;
    (void)polled;
}

/* ---- waiting -------------------------------------------------------------------------- */

static size_t count_all(const weft_seam_poller *poller)
{
    size_t count = 0;

    for (size_t i = 0; i < poller->count; i++)
        count += poller->watched[i]->socket ? 1 : poller->watched[i]->inner->count;
    return count;
}

/* Beginning with the one whose turn it is. */
static void copy(const weft_seam_poller *poller, weft__asked *asked)
{
    for (size_t i = 0; i < poller->count; i++) {
        weft_seam_polled *polled = poller->watched[(poller->turn + i) % poller->count];

        if (polled->socket) {
            *asked++ = (weft__asked){polled->socket, polled, polled->events, 0};
            continue;
        }
        for (size_t j = 0; j < polled->inner->count; j++) {
            const weft_seam_polled *in = polled->inner->watched[j];

            *asked++ = (weft__asked){in->socket, polled, in->events, 0};
        }
    }
}

static size_t bytes_for(size_t count)
{
    return count * (sizeof(weft__asked) + WEFT__ASK_ROOM) + WEFT__ASK_ROOM;
}

/* Under the lock: what to ask about is in `asked`. */
static int prepare(weft_seam_poller *poller, size_t *count)
{
    *count = count_all(poller);
    if (!poller->asked || *count > poller->asked_room) {
        weft_free(poller->asked);
        poller->asked_room = *count * 2;
        poller->asked = weft_alloc(bytes_for(poller->asked_room));
    }
    if (!poller->asked)
        return WEFT_ENOMEM;
    copy(poller, poller->asked);
    return 0;
}

/* Sockets of an inner poller stand side by side, and tell of it once. The number of those
 * that were told or passed over. */
static size_t tell(const weft__asked *asked, size_t count, weft_ready *ready, size_t room,
                   size_t *told)
{
    size_t i;

    for (i = 0; i < count; i++) {
        bool inner = asked[i].told->socket == NULL;

        if (asked[i].ready == 0)
            continue;
        if (inner && *told > 0 && ready[*told - 1].data == asked[i].told)
            continue;
        if (*told == room)
            break;
        ready[*told].data = asked[i].told;
        ready[*told].events = inner ? (unsigned)WEFT_READABLE : asked[i].ready;
        ++*told;
    }
    return i;
}

int weft_seam_poller_wait(weft_seam_poller *poller, weft_ready *ready, size_t room, size_t *count,
                          weft_time until)
{
    size_t asked, passed;
    int err;

    *count = 0;
    weft_mutex_acquire(&lock, WEFT_FOREVER);
    err = prepare(poller, &asked);
    poller->asking = err == 0;
    weft_mutex_release(&lock);
    if (err != 0)
        return err;
    err = weft__ask(poller->asked, asked, poller->asked + asked, &poller->bell, until);
    if (err == 0) {
        passed = tell(poller->asked, asked, ready, room, count);
        poller->turn += passed < asked ? passed : 0;
    }
    weft_mutex_acquire(&lock, WEFT_FOREVER);
    poller->asking = false;
    poller->round++;
    weft_condition_notify_all(&asked_all);
    weft_mutex_release(&lock);
    return err;
}

int weft_seam_poller_wake(weft_seam_poller *poller)
{
    return weft__bell_ring(&poller->bell);
}

bool weft_seam_poller_has_ready(weft_seam_poller *poller)
{
    bool ready = false;

    /* With the lock: nothing is closed meanwhile. */
    weft_mutex_acquire(&lock, WEFT_FOREVER);
    for (size_t i = 0; i < poller->count && !ready; i++)
        ready = weft_seam_socket_is_ready(poller->watched[i]->socket, poller->watched[i]->events);
    weft_mutex_release(&lock);
    return ready;
}

bool weft_seam_socket_is_ready(weft_socket *socket, unsigned events)
{
    weft__asked asked = {.socket = socket, .events = events};
    unsigned char room[WEFT__ASK_ROOM * 2];

    return weft__ask(&asked, 1, room, NULL, WEFT_NOW) == 0 && asked.ready != 0;
}
