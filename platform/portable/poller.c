/* SPDX-License-Identifier: MIT */
/*
 * Pollers: what is registered, on the system's own (the seam's poller).
 *
 * The system hands back the address of a struct weft__polled, so no wait searches. The
 * poller's lock guards the table, all that is registered, and the lists; a wait takes it
 * once, when the system has told something. What was removed by another thread may be among
 * that: so a struct that is removed during a wait is kept in `removed` until the wait has
 * passed over what it was told. Who removes takes it from the system first and reads
 * `waiting` then; who waits sets `waiting` before it asks the system (both seq_cst).
 *
 * A socket that was shut down is always ready, which not every system tells: such are in a
 * list of their own, and the system is asked about the others alone.
 *
 * Whatever a waiting thread has to see (a wake, a cancel, the end of a socket) is written
 * first, and then the seam's wait is ended: it looks before each.
 */
#include "weft/poller.h"

#include "internal.h"
#include "park.h"
#include "poller_object.h"
#include "weft/cancel.h"
#include "weft/memory.h"

enum { MOST_REMOVED = 64 }; /* that a wait may leave lying */

_Static_assert((int)WEFT_SHUTDOWN_READ == WEFT_READABLE &&
                   (int)WEFT_SHUTDOWN_WRITE == WEFT_WRITABLE,
               "bits of a direction are the same");

/* ---- arguments -------------------------------------------------------------------- */

static const char *name_of(weft_socket *socket, char text[WEFT_ADDRESS_TEXT])
{
    weft_address address = {0};

    if (weft_socket_peer(socket, &address) != 0)
        (void)weft_socket_address(socket, &address);
    return weft_address_text(&address, text, WEFT_ADDRESS_TEXT);
}

static int fail(int code, const char *what, weft_socket *socket, const char *reason)
{
    char text[WEFT_ADDRESS_TEXT];

    return weft__fail(code, "poller %s: socket %s: %s", what, name_of(socket, text), reason);
}

static int check(const weft_poller *poller, const weft_socket *socket, unsigned events,
                 const char *what)
{
    if (!poller || !socket)
        return weft__misuse(WEFT_EINVAL, "poller %s: the %s is NULL", what,
                            poller ? "socket" : "poller");
    if ((events & ~((unsigned)WEFT_READABLE | WEFT_WRITABLE)) != 0)
        return weft__misuse(WEFT_EINVAL, "poller %s: events %#x", what, events);
    return 0;
}

/* ---- registering: under the lock ---------------------------------------------------- */

static void set_ended(weft_poller *poller, struct weft__polled *polled, bool ended)
{
    struct weft__polled **link = &poller->ended_first;

    if (ended == polled->ended)
        return;
    polled->ended = ended;
    if (ended) {
        polled->next_ended = poller->ended_first;
        poller->ended_first = polled;
        weft_fetch_add_u32(&poller->ended, 1, WEFT_RELEASE);
        weft__poller_nudge(poller);
        return;
    }
    while (*link != polled)
        link = &(*link)->next_ended;
    *link = polled->next_ended;
    weft_fetch_sub_u32(&poller->ended, 1, WEFT_RELAXED);
}

static uint32_t shut_of(const struct weft__polled *polled)
{
    return polled->seam.socket ? weft__socket_shut(polled->seam.socket) : 0;
}

static int ask_for(weft_poller *poller, struct weft__polled *polled, unsigned events)
{
    bool ended = (shut_of(polled) & events) != 0;
    int err = weft_seam_poller_watch(poller->seam, &polled->seam, ended ? 0 : events);

    if (err != 0)
        return err;
    polled->events = (uint8_t)events;
    set_ended(poller, polled, ended);
    return 0;
}

static int add(weft_poller *poller, const weft_seam_polled *what, unsigned events, void *data)
{
    struct weft__polled *polled = NULL;
    int err = weft__poller_make_room(&poller->table);

    if (err == 0)
        polled = weft_alloc(sizeof(*polled));
    if (!polled)
        return WEFT_ENOMEM;
    polled->seam = *what;
    polled->data = data;
    if (what->socket)
        weft_fetch_add_u32(weft__socket_polls(what->socket), 1, WEFT_ACQ_REL);
    err = ask_for(poller, polled, events);
    if (err == 0) {
        weft__poller_insert(&poller->table, polled);
        return 0;
    }
    if (what->socket)
        weft_fetch_sub_u32(weft__socket_polls(what->socket), 1, WEFT_RELAXED);
    weft_free(polled);
    return err;
}

void weft__poller_free_removed(weft_poller *poller)
{
    struct weft__polled *polled;

    while ((polled = poller->removed) != NULL) {
        poller->removed = polled->next;
        weft_free(polled);
    }
    poller->removed_count = 0;
}

static void take_out(weft_poller *poller, struct weft__polled *polled)
{
    (void)ask_for(poller, polled, 0); /* which does not fail */
    weft__poller_take_out(&poller->table, polled);
    if (polled->seam.socket)
        weft_fetch_sub_u32(weft__socket_polls(polled->seam.socket), 1, WEFT_RELAXED);
    if (weft_load_u32(&poller->waiting, WEFT_SEQ_CST) == WEFT__NOBODY_WAITS) {
        weft_free(polled);
        return;
    }
    polled->removed = true;
    polled->next = poller->removed;
    poller->removed = polled;
    if (++poller->removed_count == MOST_REMOVED)
        weft__poller_nudge(poller);
}

/* ---- registering -------------------------------------------------------------------- */

static int enroll(weft_poller *poller, const weft_seam_polled *what, unsigned events, void *data)
{
    weft_socket *socket = what->socket;
    bool there;
    int err = check(poller, socket, events, "register");

    if (err != 0)
        return err;
    weft_mutex_acquire(&poller->lock, WEFT_FOREVER);
    there = weft__poller_find(&poller->table, socket) != NULL;
    if (!there)
        err = add(poller, what, events, data);
    weft_mutex_release(&poller->lock);
    return there ? fail(WEFT_EINVAL, "register", socket, "it is registered already") : err;
}

int weft_poller_register(weft_poller *poller, weft_socket *socket, unsigned events, void *data)
{
    return enroll(poller, &(weft_seam_polled){.socket = socket}, events, data);
}

int weft__poller_register_once(weft_poller *poller, weft_socket *socket, unsigned events,
                               void *data)
{
    return enroll(poller, &(weft_seam_polled){.socket = socket, .once = true}, events, data);
}

void weft__poller_again(weft_poller *poller, weft_socket *socket)
{
    struct weft__polled *polled;

    weft_mutex_acquire(&poller->lock, WEFT_FOREVER);
    polled = weft__poller_find(&poller->table, socket);
    if (polled && polled->seam.events != 0)
        weft_seam_poller_again(poller->seam, &polled->seam);
    weft_mutex_release(&poller->lock);
}

int weft__poller_nest(weft_poller *poller, weft_poller *inner, unsigned events, void *data)
{
    weft_seam_polled what = {.inner = inner->seam};
    struct weft__polled *polled;
    int err = 0;

    weft_mutex_acquire(&poller->lock, WEFT_FOREVER);
    polled = weft__poller_find(&poller->table, inner->seam);
    if (polled && !data)
        take_out(poller, polled);
    else if (polled)
        err = ask_for(poller, polled, events);
    else if (data)
        err = add(poller, &what, events, data);
    weft_mutex_release(&poller->lock);
    return err;
}

int weft_poller_modify(weft_poller *poller, weft_socket *socket, unsigned events, void *data)
{
    struct weft__polled *polled;
    int err = check(poller, socket, events, "modify");

    if (err != 0)
        return err;
    err = weft_fault_point("poller.modify");
    if (err != 0)
        return weft__fail(err, "poller modify: refused by a test");
    weft_mutex_acquire(&poller->lock, WEFT_FOREVER);
    polled = weft__poller_find(&poller->table, socket);
    if (polled)
        err = ask_for(poller, polled, events);
    if (polled && err == 0)
        polled->data = data;
    weft_mutex_release(&poller->lock);
    return polled ? err : fail(WEFT_ENOTFOUND, "modify", socket, "it is not registered");
}

static bool drop(weft_poller *poller, weft_socket *socket)
{
    struct weft__polled *polled;

    weft_mutex_acquire(&poller->lock, WEFT_FOREVER);
    polled = weft__poller_find(&poller->table, socket);
    if (polled)
        take_out(poller, polled);
    weft_mutex_release(&poller->lock);
    return polled != NULL;
}

int weft_poller_unregister(weft_poller *poller, weft_socket *socket)
{
    int err = check(poller, socket, 0, "unregister");

    if (err == 0 && !drop(poller, socket))
        err = fail(WEFT_ENOTFOUND, "unregister", socket, "it is not registered");
    return err;
}

void weft__poller_drop(weft_poller *poller, weft_socket *socket)
{
    (void)drop(poller, socket);
}

void weft__poller_end(weft_poller *poller, weft_socket *socket)
{
    struct weft__polled *polled;

    weft_mutex_acquire(&poller->lock, WEFT_FOREVER);
    polled = weft__poller_find(&poller->table, socket);
    if (polled)
        (void)ask_for(poller, polled, polled->events);
    weft_mutex_release(&poller->lock);
}

/* ---- life --------------------------------------------------------------------------- */

int weft_poller_create(weft_poller **poller)
{
    weft_poller *created;
    int err = weft_fault_point("poller.create");

    if (err != 0)
        return weft__fail(err, "poller: refused by a test");
    created = weft_alloc(sizeof(*created));
    if (!created)
        return WEFT_ENOMEM;
    err = weft_seam_poller_open(&created->seam);
    if (err != 0) {
        weft_free(created);
        return err;
    }
    weft__poller_list(created);
    *poller = created;
    return 0;
}

void weft_poller_close(weft_poller *poller)
{
    struct weft__polled *all;

    if (!poller)
        return;
    weft__poller_unlist(poller);
    weft__poller_free_removed(poller);
    all = weft__poller_empty(&poller->table);
    while (all) {
        struct weft__polled *polled = all;

        all = polled->next;
        if (polled->seam.socket)
            weft_fetch_sub_u32(weft__socket_polls(polled->seam.socket), 1, WEFT_RELAXED);
        weft_free(polled);
    }
    weft_seam_poller_close(poller->seam);
    weft_mutex_destroy(&poller->lock);
    weft_free(poller);
}

void weft__poller_nudge(weft_poller *poller)
{
    (void)weft_seam_poller_wake(poller->seam);
    weft__poller_tell_observers(poller);
}

int weft_poller_wake(weft_poller *poller)
{
    int err;

    if (!poller)
        return weft__misuse(WEFT_EINVAL, "poller wake: the poller is NULL");
    if (weft_exchange_u32(&poller->woken, 1, WEFT_ACQ_REL) != 0)
        return 0;
    err = weft_seam_poller_wake(poller->seam);
    weft__poller_tell_observers(poller);
    return err;
}
