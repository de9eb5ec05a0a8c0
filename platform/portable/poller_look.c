/* SPDX-License-Identifier: MIT */
/*
 * Asking the system several times before sleeping in it.
 *
 * A wake-up costs tens of microseconds. A server whose client answers in less time than
 * that is faster if it stays awake: it asks again and again, for MOST_LOOK at the longest,
 * and only if that is likely to pay. `hope` rises with each sleep that turned out short and
 * each look that paid, and falls with each that did not; a look needs some. So a thread with
 * nothing to do looks once or twice and then sleeps.
 *
 * Where looks do not see what short sleeps then do, whoever is waited for may need this very
 * CPU (a container with less CPU than it shows, a busy machine): then the thread just sleeps
 * for some waits. At most as many threads look as there are other CPUs (portable/look.c).
 */
#include "park.h"
#include "poller_object.h"

enum {
    ENOUGH_HOPE = 4,
    MOST_HOPE = 8,
    MISSES = 3, /* looks in vain, until */
    REST = 200  /* waits without looks */
};

#define MOST_LOOK WEFT_US(60)
#define SHORT_SLEEP WEFT_US(100) /* with its wake-up */

static int sleep_and_learn(weft_poller *poller, weft_ready *ready, size_t room, size_t *count,
                           weft_time until, bool looked)
{
    struct weft__poller_patience *patience = &poller->patience;
    weft_time since = weft_seam_clock();
    int err = weft_seam_poller_wait(poller->seam, ready, room, count, until);
    bool was_short = *count > 0 && weft_seam_clock() - since < SHORT_SLEEP;

    if (!was_short)
        patience->hope /= 2;
    else if (patience->hope < ENOUGH_HOPE)
        patience->hope++;
    if (!looked || !was_short)
        return err;
    if (++patience->misses == MISSES) {
        patience->misses = 0;
        patience->rest = REST;
    }
    return err;
}

static int look(weft_poller *poller, weft_ready *ready, size_t room, size_t *count, weft_time until)
{
    weft_time now = weft_seam_clock();
    weft_time ends = now + MOST_LOOK < until ? now + MOST_LOOK : until;
    int err = 0;

    while (err == 0 && *count == 0 && now < ends &&
           weft_load_u32(&poller->woken, WEFT_RELAXED) == 0) {
        err = weft_seam_poller_wait(poller->seam, ready, room, count, WEFT_NOW);
        now = weft_seam_clock();
    }
    return err;
}

int weft__poller_sleep(weft_poller *poller, weft_ready *ready, size_t room, size_t *count,
                       weft_time until)
{
    struct weft__poller_patience *patience = &poller->patience;
    int err;

    *count = 0;
    if (until <= WEFT_NOW)
        return weft_seam_poller_wait(poller->seam, ready, room, count, until);
    if (patience->rest > 0) {
        patience->rest--;
        return weft_seam_poller_wait(poller->seam, ready, room, count, until);
    }
    if (patience->hope < ENOUGH_HOPE || !weft__looker_enter())
        return sleep_and_learn(poller, ready, room, count, until, false);
    err = look(poller, ready, room, count, until);
    weft__looker_leave();
    if (err != 0 || *count > 0 || weft_load_u32(&poller->woken, WEFT_RELAXED) != 0) {
        patience->misses = 0;
        patience->hope += patience->hope < MOST_HOPE;
        return err;
    }
    patience->hope--;
    return sleep_and_learn(poller, ready, room, count, until, true);
}
