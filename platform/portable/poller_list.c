/* SPDX-License-Identifier: MIT */
/*
 * All pollers of the process: for what concerns each of them, the cancel of a token and the
 * end of a socket. Both are rare, and there are few pollers.
 *
 * `lock` guards the list and comes before the lock of any poller. A socket counts in how many
 * pollers it is (weft__socket_polls()), so that the others cost nothing. The count is touched
 * by read-modify-write operations alone, which have one order: if that of the one who
 * registers comes first, the one who shuts down finds it counted; otherwise it acquires what
 * the other released, and finds the socket shut down.
 *
 * Who waits says so in `waiting`, then looks at the token; who cancels sets the token, then
 * reads `waiting`: all with seq_cst, so one of them meets the other.
 */
#include "internal.h"
#include "park.h"
#include "poller_object.h"

static weft_mutex lock = WEFT_MUTEX_INIT;
static struct weft_poller *pollers;

void weft__poller_list(struct weft_poller *poller)
{
    weft_mutex_acquire(&lock, WEFT_FOREVER);
    poller->next = pollers;
    if (pollers)
        pollers->previous = poller;
    pollers = poller;
    weft_mutex_release(&lock);
}

void weft__poller_unlist(struct weft_poller *poller)
{
    weft_mutex_acquire(&lock, WEFT_FOREVER);
    if (poller->next)
        poller->next->previous = poller->previous;
    if (poller->previous)
        poller->previous->next = poller->next;
    else
        pollers = poller->next;
    weft_mutex_release(&lock);
}

static void tell_all(struct weft_socket *socket, void (*tell)(struct weft_poller *, weft_socket *))
{
    if (weft_fetch_add_u32(weft__socket_polls(socket), 0, WEFT_ACQ_REL) == 0)
        return;
    weft_mutex_acquire(&lock, WEFT_FOREVER);
    for (struct weft_poller *poller = pollers; poller; poller = poller->next)
        tell(poller, socket);
    weft_mutex_release(&lock);
}

void weft__pollers_forget(struct weft_socket *socket)
{
    tell_all(socket, weft__poller_drop);
}

void weft__pollers_shut(struct weft_socket *socket)
{
    tell_all(socket, weft__poller_end);
}

void weft__pollers_wake_cancelled(void)
{
    weft_mutex_acquire(&lock, WEFT_FOREVER);
    for (struct weft_poller *poller = pollers; poller; poller = poller->next)
        if (weft_load_u32(&poller->waiting, WEFT_SEQ_CST) == WEFT__WAITS_UNDER_TOKEN)
            weft_seam_poller_wake(poller->seam);
    weft_mutex_release(&lock);
}
