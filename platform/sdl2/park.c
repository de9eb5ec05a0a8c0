/* SPDX-License-Identifier: MIT */
/*
 * The parking lot's locks and places to sleep, of SDL.
 *
 * SDL's mutexes are objects on the heap. A lock is made when its bucket is first
 * entered; `locks` publishes it: the compare-exchange that stores it releases what
 * SDL wrote into it, and a load acquires that.
 *
 * A place is a lock and a condition. Who unparks it takes the lock, so the sleeper has
 * either seen the word change or is asleep. Idle places stand in a list and are never
 * freed: who is late with unparking one wakes its next user, for no reason.
 *
 * SDL_CondWaitTimeout() computes its end on the wall clock. A sleep is therefore cut
 * into slices, after each of which weft_seam_clock() is asked: a wall clock that was set
 * forward ends a slice early and no more. One that is set back while a slice is
 * under way can prolong that slice (where SDL builds on pthread_cond_timedwait of
 * Linux), but not the sleeps that begin later.
 */
#define SDL_MAIN_HANDLED

#include <SDL.h>
#include <stddef.h>

#include "internal.h"
#include "seam.h"
#include "weft/error.h"

enum { LONGEST_SLICE = 1000 }; /* ms */

struct place {
    struct place *next; /* in the list of idle ones */
    SDL_mutex *lock;
    SDL_cond *wake;
};

static weft_atomic_pointer locks[WEFT_SEAM_LOTS]; /* to SDL_mutex */

static SDL_SpinLock idle_lock; /* held for three instructions */
static struct place *idle;     /* guarded by idle_lock */

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

bool weft_seam_lot_enter(unsigned number)
{
    SDL_mutex *lock = lock_of(number);

    return lock && SDL_LockMutex(lock) == 0;
}

void weft_seam_lot_leave(unsigned number)
{
    SDL_UnlockMutex(lock_of(number));
}

static struct place *make_place(void)
{
    struct place *place = SDL_malloc(sizeof(*place));

    if (!place)
        return NULL;
    place->lock = SDL_CreateMutex();
    if (!place->lock)
        goto no_lock;
    place->wake = SDL_CreateCond();
    if (!place->wake)
        goto no_condition;
    return place;

no_condition:
    SDL_DestroyMutex(place->lock);
no_lock:
    SDL_free(place);
    return NULL;
}

void *weft_seam_place_take(weft_atomic_u32 *over)
{
    struct place *place;

    (void)over;
    SDL_AtomicLock(&idle_lock);
    place = idle;
    if (place)
        idle = place->next;
    SDL_AtomicUnlock(&idle_lock);
    return place ? place : make_place();
}

void weft_seam_place_return(void *returned)
{
    struct place *place = returned;

    SDL_AtomicLock(&idle_lock);
    place->next = idle;
    idle = place;
    SDL_AtomicUnlock(&idle_lock);
}

int weft_seam_park(void *at, weft_atomic_u32 *over, weft_time until)
{
    struct place *place = at;
    bool late = false;

    SDL_LockMutex(place->lock);
    while (weft_load_u32(over, WEFT_ACQUIRE) == 0 && !late) {
        if (until == WEFT_FOREVER)
            SDL_CondWait(place->wake, place->lock);
        else
            SDL_CondWaitTimeout(place->wake, place->lock,
                                (Uint32)weft__ms_until(until, LONGEST_SLICE));
        late = until != WEFT_FOREVER && weft_seam_clock() >= until;
    }
    SDL_UnlockMutex(place->lock);
    return late ? WEFT_ETIMEDOUT : 0;
}

void weft_seam_unpark(void *at)
{
    struct place *place = at;

    SDL_LockMutex(place->lock);
    SDL_CondSignal(place->wake);
    SDL_UnlockMutex(place->lock);
}

void weft_seam_nap(void)
{
    SDL_Delay(1);
}
