/* SPDX-License-Identifier: MIT */
/*
 * One sleep of one thread: how it falls asleep, and how somebody else ends it.
 *
 * A wake-up by the system costs both sides tens of microseconds. Who may be woken soon
 * therefore first looks at `over` for less time than that, and only then says, by another
 * compare-exchange, that it sleeps; a waker that was faster spares the system call. At
 * most as many look as there are other CPUs. Each thread looks longer (to a limit) after
 * waits that were short, and shorter after long ones.
 *
 * Who ends the sleep exchanges `over` (release), and the sleeper reads it (acquire). The
 * struct may be gone from then on: its place is read before.
 */
#include "park.h"
#include "seam.h"
#include "weft/error.h"
#include "weft/fault.h"

enum { LEAST_PATIENCE = 16, FIRST_PATIENCE = 256, MOST_PATIENCE = 1024 }; /* looks */

/* A wait that was shorter could have been spent looking. Longer than a wake-up takes. */
#define SHORT_WAIT WEFT_US(100)

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

/* How many may look at a time; relaxed, as both are hints. */
static weft_atomic_u32 lookers, most_lookers; /* the second + 1; 0: not known yet */

static bool may_look(void)
{
    uint32_t most = weft_load_u32(&most_lookers, WEFT_RELAXED);

    if (most == 0) {
        most = weft_seam_cpu_count();
        weft_store_u32(&most_lookers, most, WEFT_RELAXED);
    }
    if (weft_fetch_add_u32(&lookers, 1, WEFT_RELAXED) + 1 < most)
        return true;
    weft_fetch_sub_u32(&lookers, 1, WEFT_RELAXED);
    return false;
}

/* Looks for a wake-up, then says that from now on it takes a system call. */
static void look(struct weft__sleep *sleep)
{
    uint32_t looking = WEFT__LOOKING;

    if (weft__self.patience == 0)
        weft__self.patience = FIRST_PATIENCE;
    if (may_look()) {
        for (uint32_t i = weft__self.patience; i > 0; i--) {
            if (weft_load_u32(&sleep->over, WEFT_RELAXED) != WEFT__LOOKING)
                break;
            weft_cpu_pause();
        }
        weft_fetch_sub_u32(&lookers, 1, WEFT_RELAXED);
    }
    (void)weft_cas_u32(&sleep->over, &looking, WEFT__ASLEEP, WEFT_ACQ_REL);
}

static void learn(const struct weft__sleep *sleep)
{
    uint32_t patience = weft__self.patience;

    if (weft_seam_clock() - sleep->since > SHORT_WAIT)
        weft__self.patience = patience / 2 > LEAST_PATIENCE ? patience / 2 : LEAST_PATIENCE;
    else
        weft__self.patience = patience * 2 < MOST_PATIENCE ? patience * 2 : MOST_PATIENCE;
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
    bool looks = weft_load_u32(&sleep->over, WEFT_RELAXED) != WEFT__ASLEEP;
    int err;

    if (looks)
        look(sleep);
    err = fall_asleep(sleep, until);
    if (looks)
        learn(sleep);
    return err;
}
