/* SPDX-License-Identifier: MIT */
/*
 * Readiness on SDL2_net, for portable/poller_array.c.
 *
 * SDLNet_CheckSockets() knows only what arrives, and nothing can end it: so a wait is made of
 * slices, and the bell is a word that is looked at between them. A listener is readable when
 * its thread has accepted somebody; a connection is writable when its sender is idle. Both
 * are asked each slice, which is shorter while such are waited for.
 */
#include "internal.h"
#include "net.h"
#include "poller_array.h"
#include "weft/memory.h"

enum { SLICE = 10, SHORT_SLICE = 2 }; /* ms */

/* The word is at the address in the bell: one that is closed may still be rung by nobody. */
int weft__bell_open(weft__bell *bell)
{
    weft_atomic_u32 *word;
    int err = weft__net_begin();

    if (err != 0)
        return err;
    word = weft_alloc(sizeof(*word));
    bell->end[0] = (uintptr_t)word;
    return word ? 0 : WEFT_ENOMEM;
}

void weft__bell_close(weft__bell *bell)
{
    weft_free((void *)bell->end[0]);
}

int weft__bell_ring(weft__bell *bell)
{
    weft_store_u32((weft_atomic_u32 *)bell->end[0], 1, WEFT_RELEASE);
    return 0;
}

static bool has_rung(const weft__bell *bell)
{
    return bell && weft_exchange_u32((weft_atomic_u32 *)bell->end[0], 0, WEFT_ACQ_REL) != 0;
}

/* Which of the events are true now. Between enter and leave. */
static unsigned readiness(weft_socket *socket, unsigned events)
{
    unsigned ready = 0;

    if ((events & WEFT_WRITABLE) != 0 && weft__sender_has_room(socket))
        ready |= WEFT_WRITABLE;
    if ((events & WEFT_READABLE) == 0)
        return ready;
    if (socket->kind == WEFT__LISTENER ? weft__backlog_has_any(socket)
                                       : SDLNet_CheckSockets(socket->set, 0) > 0)
        ready |= WEFT_READABLE;
    return ready;
}

/* Sockets whose arrivals SDL2_net can wait for; NULL: none, or no memory. */
static SDLNet_SocketSet make_set(const weft__asked *asked, size_t count)
{
    SDLNet_SocketSet set = NULL;
    int arrivals = 0;

    for (size_t i = 0; i < count; i++)
        arrivals += asked[i].socket->kind != WEFT__LISTENER && asked[i].events & WEFT_READABLE;
    if (arrivals > 0)
        set = SDLNet_AllocSocketSet(arrivals);
    for (size_t i = 0; i < count && set; i++) {
        if (asked[i].socket->kind == WEFT__LISTENER || !(asked[i].events & WEFT_READABLE))
            continue;
        if (asked[i].socket->tcp)
            SDLNet_TCP_AddSocket(set, asked[i].socket->tcp);
        else
            SDLNet_UDP_AddSocket(set, asked[i].socket->udp);
    }
    return set;
}

static bool ask_all(weft__asked *asked, size_t count)
{
    bool any = false;

    for (size_t i = 0; i < count; i++) {
        asked[i].ready = readiness(asked[i].socket, asked[i].events);
        any = any || asked[i].ready != 0;
    }
    return any;
}

/* Slices, until something is ready. */
static void wait_for_any(weft__asked *asked, size_t count, weft__bell *bell, weft_time until)
{
    SDLNet_SocketSet set = until > WEFT_NOW ? make_set(asked, count) : NULL;
    int64_t slice = SLICE;

    for (size_t i = 0; i < count; i++)
        if (asked[i].socket->kind == WEFT__LISTENER || asked[i].events & WEFT_WRITABLE)
            slice = SHORT_SLICE;
    while (!ask_all(asked, count) && !has_rung(bell) && until > weft_clock()) {
        Uint32 ms = (Uint32)weft__ms_until(until, slice);

        if (set)
            SDLNet_CheckSockets(set, ms);
        else
            SDL_Delay(ms);
    }
    if (set)
        SDLNet_FreeSocketSet(set);
}

int weft__ask(weft__asked *asked, size_t count, void *room, weft__bell *bell, weft_time until)
{
    size_t entered = 0;

    (void)room;
    /* One that is closing tells so by another way (portable/poller.c). */
    for (size_t i = 0; i < count; i++)
        if (weft__net_enter(asked[i].socket))
            asked[entered++] = asked[i];
        else
            asked[i].ready = 0;
    wait_for_any(asked, entered, bell, until);
    for (size_t i = 0; i < entered; i++)
        weft__net_leave(asked[i].socket);
    for (size_t i = entered; i < count; i++)
        asked[i].ready = 0;
    return 0;
}
