/* SPDX-License-Identifier: MIT */
/*
 * Who waits in the system for sockets, and how such waits are ended.
 *
 * Waiters stand in a list of their process, on their own stacks; `lock` guards list, links
 * and `rung`. Who ends waits has set a token, or the mark of a socket, when it comes here.
 * Either it finds the waiter in the list and rings its bell, or the waiter joins later: then
 * it finds its token requested, under the same lock, or sees the mark, which it reads after it
 * has joined. A bell stays rung, so a waiter that is in the list but not yet in the system is
 * not missed.
 *
 * A thread keeps its bell from its first wait of this kind until its end. The bell is
 * silenced under the lock after its waiter has left, so it never rings for an old wait.
 */
#include "bell.h"

#include "checks.h"
#include "internal.h"
#include "park.h"
#include "seam.h"
#include "seam_socket.h"
#include "weft/mutex.h"
#include "weft/once.h"

static weft_mutex lock = WEFT__INNER_MUTEX_INIT;
static weft__waiter *waiters;
static uint64_t key; /* of the threads' bells; written under `once` */

static void close_bell(void *value)
{
    weft_seam_bell_close((uintptr_t)value);
}

static int create_key(void *context)
{
    (void)context;
    return weft_seam_local_create(&key, close_bell);
}

/* The calling thread's; 0: the system has none left. */
static uintptr_t own_bell(void)
{
    static weft_once once = WEFT_ONCE_INIT;
    uintptr_t bell;

    if (weft__once(&once, create_key) != 0)
        return 0;
    bell = (uintptr_t)weft_seam_local_get(key);
    if (bell != 0 || weft_fault_point("bell.create") != 0 || weft_seam_bell_create(&bell) != 0)
        return bell;
    if (weft_seam_local_set(key, (void *)bell) == 0)
        return bell;
    weft_seam_bell_close(bell);
    return 0;
}

bool weft__waiter_join(weft__waiter *waiter)
{
    bool joins;

    waiter->bell = own_bell();
    waiter->rung = false;
    weft_mutex_acquire(&lock, WEFT_FOREVER);
    joins = !weft__cancel_is_requested(waiter->cancel);
    if (joins) {
        waiter->next = waiters;
        waiter->link = &waiters;
        if (waiters)
            waiters->link = &waiter->next;
        waiters = waiter;
    }
    weft_mutex_release(&lock);
    return joins;
}

void weft__waiter_leave(weft__waiter *waiter)
{
    weft_mutex_acquire(&lock, WEFT_FOREVER);
    *waiter->link = waiter->next;
    if (waiter->next)
        waiter->next->link = waiter->link;
    if (waiter->rung && waiter->bell != 0)
        weft_seam_bell_silence(waiter->bell);
    weft_mutex_release(&lock);
}

static void ring_locked(weft__waiter *waiter)
{
    if (!waiter->rung && waiter->bell != 0)
        weft_seam_bell_ring(waiter->bell);
    waiter->rung = true;
}

void weft__waiters_ring(const void *object)
{
    weft_mutex_acquire(&lock, WEFT_FOREVER);
    for (weft__waiter *waiter = waiters; waiter; waiter = waiter->next)
        if (waiter->object == object)
            ring_locked(waiter);
    weft_mutex_release(&lock);
}

void weft__waiters_ring_cancelled(void)
{
    weft_mutex_acquire(&lock, WEFT_FOREVER);
    for (weft__waiter *waiter = waiters; waiter; waiter = waiter->next)
        if (weft__cancel_is_requested(waiter->cancel))
            ring_locked(waiter);
    weft_mutex_release(&lock);
}
