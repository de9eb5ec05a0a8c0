/* SPDX-License-Identifier: MIT */
#ifndef WEFT_PARK_H
#define WEFT_PARK_H

/*
 * The parking lot (portable/park.c): where every thread of weft sleeps, whatever it
 * waits for. weft_wait() and weft_wake() are its plain form; locks, weft_wait_any(),
 * cancel and the doctor need more. Of platform/ only; others use weft__wait().
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "internal.h"
#include "weft/atomic.h"
#include "weft/cancel.h"
#include "weft/time.h"

enum weft__park_flags {
    WEFT__CANCELLABLE = 1, /* the current token of the thread ends the sleep */
    WEFT__FRONT = 2,       /* before all others of its word: it had its turn and lost it */
    WEFT__HAND_OVER = 4,   /* lost it often; for the callback of weft__unpark_one() */
    WEFT__LOOK = 8,        /* looks for a while before it sleeps: the wake-up may be near */
    WEFT__OBSERVER = 16    /* takes nothing: a wake-up that meets it goes on to the next */
};

/* One sleep of one thread, which may be in several queues. park.c's own but for readers. */
struct weft__sleep {
    weft_atomic_u32 claimed; /* 1: somebody has decided how it ends; by compare-exchange */
    weft_atomic_u32 over;    /* how it ended, or not yet; once it has, the struct may go */
    void *place;
    const struct weft__self *self; /* of the sleeping thread */
    const weft_cancel *cancel;     /* that ends it; NULL: none */
    weft_time since;
};

/* weft__sleep.over */
enum { WEFT__ASLEEP, WEFT__LOOKING, WEFT__OVER_WOKEN, WEFT__OVER_CANCELLED };

/* A sleep's place in the queue of one word. On the stack of the thread, which sets the
 * first seven fields; the rest is park.c's own. */
typedef struct weft__sleeper {
    weft_atomic_u32 *word;
    uint32_t mask, expected; /* sleeps only if (*word & mask) == expected */
    unsigned flags;
    const char *what;   /* kind of object that is waited for: "mutex", "queue", "future" */
    const void *object; /* which one */
    const weft_atomic_u32 *owner; /* number of the thread that it is waited for to do something,
                                     0 in it: not known; NULL: there is no such word */
    struct weft__sleep *sleep;
    struct weft__sleeper *next, *previous, *other;
    bool queued;
} weft__sleeper;

/* What weft__park() says beside WEFT_ETIMEDOUT and WEFT_ECANCELED. */
enum { WEFT__WOKEN = 0, WEFT__AWAKE = 1 };

/*
 * Sleeps in the queues of all these words, if each is as expected. Sets no last error.
 *
 * WEFT__WOKEN: one of the words was woken, and this thread was the one to be (a wake-up
 * for two of them is used up for one only); WEFT__AWAKE: it did not sleep, because a word
 * differs or for no reason; WEFT_ETIMEDOUT, WEFT_ECANCELED: no wake-up was used up.
 */
int weft__park_any(weft__sleeper *sleepers, size_t count, weft_time until);

static inline int weft__park(weft__sleeper *sleeper, weft_time until)
{
    return weft__park_any(sleeper, 1, until);
}

/* Under the lock of the queue: the sleeper that is about to be woken (NULL: there is
 * none), and whether others stay behind. */
typedef void weft__unparked(void *context, const weft__sleeper *sleeper, bool more);

/* Takes out the first sleeper of the word, tells `unparked` in any case, wakes it. */
void weft__unpark_one(weft_atomic_u32 *word, weft__unparked *unparked, void *context);

/* At most so many sleepers of the word, the first ones, are woken. */
void weft__unpark(weft_atomic_u32 *word, int32_t count);

bool weft__park_has_sleepers(const weft_atomic_u32 *word);

/* Called with every sleeper of the process, under the lock of its bucket: must not call
 * weft. True: the sleep ends, with WEFT_ECANCELED. */
typedef bool weft__park_visitor(const weft__sleeper *sleeper, void *context);

void weft__park_visit(weft__park_visitor *visit, void *context);

/* ---- portable/look.c ---------------------------------------------------------- */

/* Looks at the word (acquire) for as long as the calling thread has patience. False: it still
 * holds `seen`, or too many look already. */
bool weft__look(const weft_atomic_u32 *word, uint32_t seen);

/* For looks at something else: false if too many look already. */
bool weft__looker_enter(void);
void weft__looker_leave(void);

/* The same for a word in the arena. Who changes it may run on a CPU that this process has not:
 * one thread may look in any case. */
bool weft__look_shared(const weft_atomic_u32 *word, uint32_t seen);

/* A look that did not pay was followed by a sleep, and the wait took from `since` until now. */
void weft__look_learn(weft_time since);

/* ---- portable/doze.c ---------------------------------------------------------- */

/* Whether the caller is the one who ends this sleep. */
bool weft__sleep_claim(struct weft__sleep *sleep);

/* Ends a sleep that the caller has claimed. The place to unpark, or NULL: it is awake. */
void *weft__sleep_end(struct weft__sleep *sleep, uint32_t how);

/* Until somebody else ends the sleep, or the deadline does: as weft__park(). */
int weft__doze(struct weft__sleep *sleep, weft_time until);

/* ---- portable/wait_shared.c --------------------------------------------------- */

/* All shared sleeps of this process whose tokens were requested are over. */
void weft__wake_cancelled(void);

/* ---- portable/poller_list.c --------------------------------------------------- */

/* All who wait in pollers under a token look at it again. */
void weft__pollers_wake_cancelled(void);

/* ---- portable/cancel.c -------------------------------------------------------- */

/* Whether a token of the chain was requested; expiries do not count. */
bool weft__cancel_is_requested(const weft_cancel *cancel);

/* The earliest of the chain, or WEFT_FOREVER. */
weft_time weft__cancel_expiry(const weft_cancel *cancel);

/* ---- portable/condition.c ----------------------------------------------------- */

struct weft_condition;
struct weft_mutex;

/* weft_condition_wait() on behalf of another object, with its flags. Sets no last error,
 * and trusts the caller to hold the mutex. */
int weft__condition_wait(struct weft_condition *condition, struct weft_mutex *mutex,
                         weft_time until, unsigned flags, const char *what, const void *object);

/* The same, where one thread has to act first: its number is in *owner. */
int weft__condition_wait_for(struct weft_condition *condition, struct weft_mutex *mutex,
                             weft_time until, unsigned flags, const char *what,
                             const void *object, const weft_atomic_u32 *owner);

#endif
