/* SPDX-License-Identifier: MIT */
/*
 * Asking the system several times before sleeping in it.
 *
 * A wake-up costs tens of microseconds. A server whose client answers in less time may be
 * faster if it stays awake and asks again and again; or slower, if the client needs the CPU.
 * Nothing that a process can ask for tells which, so it is tried: the waits of a poller are in
 * phases, in turn with looks and without, and what the events of a phase took, from wait to
 * wait, is compared. The better way gets long phases, that grow while it stays the better,
 * and the other short ones. No clock is read within a phase without looks.
 *
 * Looks are tried only where events come every few tens of microseconds. A look lasts for
 * MOST_LOOK at the longest, and a phase of looks ends when a few in a row saw nothing. So a
 * thread with nothing to do soon sleeps. At most as many threads look as there are other CPUs
 * (portable/look.c).
 *
 * A look may be what the system tells that the wait is to end, and it is told once. So after a
 * look that saw nothing the wait does not sleep at once: its caller looks at the token, and at
 * what was shut down, and comes back to sleep.
 */
#include "internal.h"
#include "park.h"
#include "poller_object.h"

enum {
    TRIAL = 128, /* events of a phase */
    LONG = 4096,
    MOST_DOUBLINGS = 5,
    MISSES = 4 /* looks in a row that see nothing */
};

#define MOST_LOOK WEFT_US(60)
#define SHORT_WAIT WEFT_US(200) /* per event; with its wake-up */

/* So much faster that it is worth the CPU time. */
static bool looks_pay(const struct weft__poller_patience *patience)
{
    return patience->cost[true] != 0 && patience->cost[true] < patience->cost[false] / 8 * 7;
}

/* The phase that is over took `cost` per event; the next begins. */
static void turn(struct weft__poller_patience *patience, weft_time now, weft_time cost)
{
    bool paid = looks_pay(patience), pays;

    patience->cost[patience->looks] = cost;
    pays = looks_pay(patience);
    if (pays != paid)
        patience->doublings = 0;
    else if (patience->doublings < MOST_DOUBLINGS && patience->looks != pays)
        patience->doublings++;
    patience->looks = !patience->looks && cost < SHORT_WAIT;
    patience->left = patience->looks == pays ? LONG << patience->doublings : TRIAL;
    patience->events = 0;
    patience->misses = 0;
    patience->since = now;
}

static void learn(struct weft__poller_patience *patience, size_t count)
{
    weft_time now;

    if (patience->left == 0)
        turn(patience, weft_seam_clock(), SHORT_WAIT); /* the first of all */
    patience->events += (uint32_t)count;
    if (patience->events < patience->left && patience->misses < MISSES)
        return;
    now = weft_seam_clock();
    turn(patience, now,
         patience->misses < MISSES ? (now - patience->since) / patience->events : WEFT_FOREVER);
}

/* True: something was seen, or failed. */
static bool look(weft_poller *poller, weft_ready *ready, size_t room, size_t *count,
                 weft_time until, int *err)
{
    weft_time now = weft_seam_clock();
    weft_time ends = now + MOST_LOOK < until ? now + MOST_LOOK : until;
    bool seen = false;

    while (!seen && now < ends) {
        (void)weft_fault_point("poller.look");
        *err = weft_seam_poller_wait(poller->seam, ready, room, count, WEFT_NOW);
        seen = *err != 0 || *count > 0 || weft_load_u32(&poller->woken, WEFT_RELAXED) != 0;
        now = weft_seam_clock();
    }
    return seen;
}

int weft__poller_sleep(weft_poller *poller, weft_ready *ready, size_t room, size_t *count,
                       weft_time until)
{
    struct weft__poller_patience *patience = &poller->patience;
    bool looks = until > WEFT_NOW && patience->looks && !patience->looked && weft__looker_enter();
    int err = 0;

    *count = 0;
    patience->looked = false;
    if (looks) {
        bool seen = look(poller, ready, room, count, until, &err);

        weft__looker_leave();
        patience->misses = seen ? 0 : (uint8_t)(patience->misses + 1);
        patience->looked = !seen;
    } else {
        err = weft_seam_poller_wait(poller->seam, ready, room, count, until);
    }
    if (until > WEFT_NOW)
        learn(patience, *count);
    return err;
}
