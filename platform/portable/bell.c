/* SPDX-License-Identifier: MIT */
/*
 * Who waits in the system for sockets, and how such waits are ended.
 *
 * Waiters stand in the lists of their process, on their own stacks. There are several lists,
 * each with a lock, which guards all of it, and one bell: so threads that wait do not stand
 * in each other's way, and a thousand of them cost some dozens of descriptors. A thread
 * always uses the same list.
 *
 * Who ends waits has set a token, or the mark of a socket, when it comes here. Either it finds
 * the waiter in a list and rings its bell, or the waiter joins later: then it finds its
 * token requested, under the same lock, or sees the mark, which it reads after it has joined.
 * A bell stays rung until all that were rung for have left, so a waiter that is in the list
 * but not yet in the system is not missed. Others of that list try again for nothing then,
 * for the moment that takes.
 */
#include "bell.h"

#include "checks.h"
#include "internal.h"
#include "park.h"
#include "seam.h"
#include "seam_socket.h"
#include "weft/mutex.h"
#include "weft/thread.h"

enum { LISTS = 32 };

struct list {
    _Alignas(64) weft_mutex lock; /* guards all of it */
    weft__waiter *first;
    uintptr_t bell; /* made by the first who waits, for good; 0: not yet, or there was none left */
    unsigned rung;  /* waiters in the list that are rung for; the bell rings while there are any */
};

#define LIST                                                                                       \
    {                                                                                              \
        .lock = WEFT__INNER_MUTEX_INIT                                                             \
    }
#define FOUR LIST, LIST, LIST, LIST
static struct list lists[LISTS] = {FOUR, FOUR, FOUR, FOUR, FOUR, FOUR, FOUR, FOUR};

static struct list *own_list(void)
{
    return &lists[weft_thread_current_id() % LISTS];
}

bool weft__waiter_join(weft__waiter *waiter)
{
    struct list *list = own_list();
    bool joins;

    waiter->rung = false;
    weft_mutex_acquire(&list->lock, WEFT_FOREVER);
    joins = !weft__cancel_is_requested(waiter->cancel);
    if (joins) {
        if (list->bell == 0 && weft_fault_point("bell.create") == 0 &&
            weft_seam_bell_create(&list->bell) == 0 && list->rung > 0)
            weft_seam_bell_ring(list->bell); /* for who came before there was one */
        waiter->bell = list->bell;
        waiter->next = list->first;
        waiter->link = &list->first;
        if (list->first)
            list->first->link = &waiter->next;
        list->first = waiter;
    }
    weft_mutex_release(&list->lock);
    return joins;
}

void weft__waiter_leave(weft__waiter *waiter)
{
    struct list *list = own_list();

    weft_mutex_acquire(&list->lock, WEFT_FOREVER);
    *waiter->link = waiter->next;
    if (waiter->next)
        waiter->next->link = waiter->link;
    if (waiter->rung && --list->rung == 0 && list->bell != 0)
        weft_seam_bell_silence(list->bell);
    weft_mutex_release(&list->lock);
}

/* Those that wait for the object, or, if that is NULL, whose token was requested. */
static void ring(const void *object)
{
    for (struct list *list = lists; list < lists + LISTS; list++) {
        weft_mutex_acquire(&list->lock, WEFT_FOREVER);
        for (weft__waiter *waiter = list->first; waiter; waiter = waiter->next) {
            if (waiter->rung ||
                (object ? waiter->object != object : !weft__cancel_is_requested(waiter->cancel)))
                continue;
            waiter->rung = true;
            if (list->rung++ == 0 && list->bell != 0)
                weft_seam_bell_ring(list->bell);
        }
        weft_mutex_release(&list->lock);
    }
}

void weft__waiters_ring(const void *object)
{
    ring(object);
}

void weft__waiters_ring_cancelled(void)
{
    ring(NULL);
}
