/* SPDX-License-Identifier: MIT */
/*
 * One sleep of one thread: how it falls asleep, and how somebody else ends it.
 *
 * Who may be woken soon first looks at `over` (portable/look.c), and only then says, by
 * another compare-exchange, that it sleeps; a waker that was faster spares the system call.
 *
 * Who ends the sleep exchanges `over` (release), and the sleeper reads it (acquire). The
 * struct may be gone from then on: its place is read before.
 */
#include "park.h"
#include "seam.h"
#include "weft/error.h"
#include "weft/fault.h"

bool weft__sleep_claim(struct weft__sleep *sleep)
{
    uint32_t nobody = 0;

    return weft_cas_u32(&sleep->claimed, &nobody, 1, WEFT_RELAXED);
}

void *weft__sleep_end(struct weft__sleep *sleep, uint32_t how)
{
    void *place = sleep->place;

    return weft_exchange_u32(&sleep->over, how, WEFT_ACQ_REL) == WEFT__ASLEEP ? place : NULL;
}

static int fall_asleep(struct weft__sleep *sleep, weft_time until)
{
    uint32_t over;

    while ((over = weft_load_u32(&sleep->over, WEFT_ACQUIRE)) == WEFT__ASLEEP) {
        if (weft_seam_park(sleep->place, &sleep->over, until) != WEFT_ETIMEDOUT)
            continue;
        if (weft__sleep_claim(sleep)) {
            (void)weft_fault_point("park.late");
            return WEFT_ETIMEDOUT;
        }
        until = WEFT_FOREVER; /* somebody is about to say how it ended */
    }
    return over == WEFT__OVER_WOKEN ? WEFT__WOKEN : WEFT_ECANCELED;
}

int weft__doze(struct weft__sleep *sleep, weft_time until)
{
    uint32_t looking = WEFT__LOOKING;
    bool looked = weft_load_u32(&sleep->over, WEFT_RELAXED) != WEFT__ASLEEP;
    int err;

    looked = looked && !weft__look(&sleep->over, WEFT__LOOKING) &&
             weft_cas_u32(&sleep->over, &looking, WEFT__ASLEEP, WEFT_ACQ_REL);
    err = fall_asleep(sleep, until);
    if (looked)
        weft__look_learn(sleep->since);
    return err;
}
