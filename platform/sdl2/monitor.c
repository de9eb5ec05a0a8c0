/* SPDX-License-Identifier: MIT */
/*
 * Locks and conditions of SDL for the parking lot (portable/park.c).
 *
 * SDL's mutexes are objects on the heap. A lock is made when its bucket is first
 * entered; `locks` publishes it: the compare-exchange that stores it releases what
 * SDL wrote into it, and a load acquires that.
 *
 * SDL_CondWaitTimeout() computes its end on the wall clock. A sleep is therefore cut
 * into slices, after which park.c asks weft_seam_clock(): a wall clock that was set
 * forward ends a slice early and no more. One that is set back while a slice is
 * under way can prolong that slice (where SDL builds on pthread_cond_timedwait of
 * Linux), but not the sleeps that begin later.
 */
#define SDL_MAIN_HANDLED

#include "monitor.h"

#include <SDL.h>
#include <stddef.h>

#include "internal.h"
#include "seam.h"

enum { LONGEST_SLICE = 1000 }; /* ms */

struct condition {
    weft__condition common; /* first: park.c knows the condition by its address */
    SDL_cond *system;
};

static weft_atomic_pointer locks[WEFT_MONITORS]; /* to SDL_mutex */

/* The lock; the one that another thread made at the same time, if there is one. */
static SDL_mutex *make_lock(weft_atomic_pointer *place)
{
    SDL_mutex *mine = SDL_CreateMutex();
    void *theirs = NULL;

    if (!mine)
        return weft_load_pointer(place, WEFT_ACQUIRE);
    if (weft_cas_pointer(place, &theirs, mine, WEFT_ACQ_REL))
        return mine;
    SDL_DestroyMutex(mine);
    return theirs;
}

static SDL_mutex *lock_of(unsigned number)
{
    SDL_mutex *lock = weft_load_pointer(&locks[number], WEFT_ACQUIRE);

    return lock ? lock : make_lock(&locks[number]);
}

bool weft__monitor_enter(unsigned number)
{
    SDL_mutex *lock = lock_of(number);

    return lock && SDL_LockMutex(lock) == 0;
}

void weft__monitor_leave(unsigned number)
{
    SDL_UnlockMutex(lock_of(number));
}

weft__condition *weft__monitor_condition(void)
{
    struct condition *condition = SDL_malloc(sizeof(*condition));

    if (!condition)
        return NULL;
    condition->system = SDL_CreateCond();
    if (!condition->system) {
        SDL_free(condition);
        return NULL;
    }
    return &condition->common;
}

static SDL_cond *system_of(weft__condition *condition)
{
    return ((struct condition *)condition)->system;
}

void weft__monitor_sleep(unsigned number, weft__condition *condition, weft_time until)
{
    if (until == WEFT_FOREVER)
        SDL_CondWait(system_of(condition), lock_of(number));
    else
        SDL_CondWaitTimeout(system_of(condition), lock_of(number),
                            (Uint32)weft__ms_until(until, LONGEST_SLICE));
}

void weft__monitor_signal(weft__condition *condition)
{
    SDL_CondSignal(system_of(condition));
}

void weft__monitor_nap(void)
{
    SDL_Delay(1);
}
