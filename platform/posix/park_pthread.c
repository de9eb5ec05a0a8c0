/* SPDX-License-Identifier: MIT */
/*
 * The parking lot's locks and places to sleep, of POSIX threads. This is what macOS runs,
 * and Linux with WEFT_BASELINE.
 *
 * A place is a lock and a condition. Who unparks it takes the lock, so the sleeper has
 * either seen the word change or is asleep. Idle places stand in a list and are never
 * freed: who is late with unparking one wakes its next user, for no reason.
 *
 * Sleeps run on the clock of weft_seam_clock(), so setting the wall clock does not
 * matter: POSIX lets a condition use CLOCK_MONOTONIC; macOS does not, but has a
 * sleep for a duration.
 */
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "internal.h"
#include "seam.h"
#include "weft/error.h"

/* Each on a cache line of its own. */
struct lot {
    _Alignas(64) pthread_mutex_t lock;
};

struct place {
    struct place *next; /* in the list of idle ones */
    pthread_mutex_t lock;
    pthread_cond_t wake;
};

#define FOUR_TIMES(...) __VA_ARGS__, __VA_ARGS__, __VA_ARGS__, __VA_ARGS__

static struct lot lots[] = {
    FOUR_TIMES(FOUR_TIMES(FOUR_TIMES(FOUR_TIMES({PTHREAD_MUTEX_INITIALIZER}))))};

_Static_assert(sizeof(lots) / sizeof(lots[0]) == WEFT_SEAM_LOTS, "a lock per bucket");

static pthread_mutex_t idle_lock = PTHREAD_MUTEX_INITIALIZER;
static struct place *idle; /* guarded by idle_lock */

/* Longer sleeps are cut, so that 32 bits of seconds are always enough. */
#define LONGEST_SLEEP WEFT_S(3600)

static struct timespec timespec_of(weft_time ns)
{
    return (struct timespec){.tv_sec = (time_t)(ns / WEFT_S(1)), .tv_nsec = (long)(ns % WEFT_S(1))};
}

#ifdef __APPLE__

static int open_condition(pthread_cond_t *condition)
{
    return pthread_cond_init(condition, NULL);
}

static void sleep_until(pthread_cond_t *condition, pthread_mutex_t *lock, weft_time until)
{
    weft_time now = weft_seam_clock();
    struct timespec duration = timespec_of(until > now ? until - now : 0);

    pthread_cond_timedwait_relative_np(condition, lock, &duration);
}

#else

static int open_condition(pthread_cond_t *condition)
{
    pthread_condattr_t attributes;
    int error = pthread_condattr_init(&attributes);

    if (error != 0)
        return error;
    error = pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    if (error == 0)
        error = pthread_cond_init(condition, &attributes);
    pthread_condattr_destroy(&attributes);
    return error;
}

/* posix/clock.c reads CLOCK_MONOTONIC too. */
static void sleep_until(pthread_cond_t *condition, pthread_mutex_t *lock, weft_time until)
{
    struct timespec instant = timespec_of(until);

    pthread_cond_timedwait(condition, lock, &instant);
}

#endif

bool weft_seam_lot_enter(unsigned number)
{
    pthread_mutex_lock(&lots[number].lock);
    return true;
}

void weft_seam_lot_leave(unsigned number)
{
    pthread_mutex_unlock(&lots[number].lock);
}

static struct place *make_place(void)
{
    struct place *place = malloc(sizeof(*place));

    if (!place)
        return NULL;
    if (pthread_mutex_init(&place->lock, NULL) != 0)
        goto no_lock;
    if (open_condition(&place->wake) != 0)
        goto no_condition;
    return place;

no_condition:
    pthread_mutex_destroy(&place->lock);
no_lock:
    free(place);
    return NULL;
}

void *weft_seam_place_take(weft_atomic_u32 *over)
{
    struct place *place;

    (void)over;
    pthread_mutex_lock(&idle_lock);
    place = idle;
    if (place)
        idle = place->next;
    pthread_mutex_unlock(&idle_lock);
    return place ? place : make_place();
}

void weft_seam_place_return(void *returned)
{
    struct place *place = returned;

    pthread_mutex_lock(&idle_lock);
    place->next = idle;
    idle = place;
    pthread_mutex_unlock(&idle_lock);
}

int weft_seam_park(void *at, weft_atomic_u32 *over, weft_time until)
{
    struct place *place = at;
    bool late = false;

    pthread_mutex_lock(&place->lock);
    while (weft_load_u32(over, WEFT_ACQUIRE) == 0 && !late) {
        if (until == WEFT_FOREVER)
            pthread_cond_wait(&place->wake, &place->lock);
        else
            sleep_until(&place->wake, &place->lock, weft__slice(until, LONGEST_SLEEP));
        late = until != WEFT_FOREVER && weft_seam_clock() >= until;
    }
    pthread_mutex_unlock(&place->lock);
    return late ? WEFT_ETIMEDOUT : 0;
}

void weft_seam_unpark(void *at)
{
    struct place *place = at;

    pthread_mutex_lock(&place->lock);
    pthread_cond_signal(&place->wake);
    pthread_mutex_unlock(&place->lock);
}

void weft_seam_nap(void)
{
    struct timespec nap = timespec_of(WEFT_MS(1));

    nanosleep(&nap, NULL);
}
