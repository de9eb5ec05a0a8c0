/* SPDX-License-Identifier: MIT */
/*
 * Locks and conditions of POSIX threads for the parking lot (portable/park.c). This
 * is what macOS runs, and Linux with WEFT_BASELINE.
 *
 * Sleeps run on the clock of weft_seam_clock(), so setting the wall clock does not
 * matter: POSIX lets a condition use CLOCK_MONOTONIC; macOS does not, but has a
 * sleep for a duration.
 */
#include "monitor.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "internal.h"
#include "seam.h"

struct condition {
    weft__condition common; /* first: park.c knows the condition by its address */
    pthread_cond_t system;
};

/* Each on a cache line of its own. */
struct monitor {
    _Alignas(64) pthread_mutex_t lock;
};

#define FOUR_TIMES(...) __VA_ARGS__, __VA_ARGS__, __VA_ARGS__, __VA_ARGS__

static struct monitor monitors[] = {
    FOUR_TIMES(FOUR_TIMES(FOUR_TIMES(FOUR_TIMES({PTHREAD_MUTEX_INITIALIZER}))))};

_Static_assert(sizeof(monitors) / sizeof(monitors[0]) == WEFT_MONITORS, "a lock per bucket");

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

bool weft__monitor_enter(unsigned number)
{
    pthread_mutex_lock(&monitors[number].lock);
    return true;
}

void weft__monitor_leave(unsigned number)
{
    pthread_mutex_unlock(&monitors[number].lock);
}

weft__condition *weft__monitor_condition(void)
{
    struct condition *condition = malloc(sizeof(*condition));

    if (!condition)
        return NULL;
    if (open_condition(&condition->system) != 0) {
        free(condition);
        return NULL;
    }
    return &condition->common;
}

static pthread_cond_t *system_of(weft__condition *condition)
{
    return &((struct condition *)condition)->system;
}

void weft__monitor_sleep(unsigned number, weft__condition *condition, weft_time until)
{
    pthread_mutex_t *lock = &monitors[number].lock;

    if (until == WEFT_FOREVER)
        pthread_cond_wait(system_of(condition), lock);
    else
        sleep_until(system_of(condition), lock, weft__slice(until, LONGEST_SLEEP));
}

void weft__monitor_signal(weft__condition *condition)
{
    pthread_cond_signal(system_of(condition));
}

void weft__monitor_nap(void)
{
    struct timespec nap = timespec_of(WEFT_MS(1));

    nanosleep(&nap, NULL);
}
