/* SPDX-License-Identifier: MIT */
/*
 * Looking at a word before sleeping on it.
 *
 * A wake-up by the system costs both sides tens of microseconds. Who may be woken soon
 * therefore looks for less time than that first. At most as many threads of the process
 * look as there are other CPUs.
 *
 * Each thread has a patience of its own: it looks longer (to a limit) after a look that
 * paid, and after waits that were short enough to be looked away, and shorter after long
 * ones. Where the longest look did not see the end of a wait that was short all the same,
 * several times running, whoever ends the wait may need this very CPU: then the thread
 * just sleeps for some waits, before it tries again.
 */
#include "park.h"
#include "seam.h"

enum {
    LEAST_PATIENCE = 16, /* looks */
    FIRST_PATIENCE = 256,
    MOST_PATIENCE = 1024,
    MISSES = 4, /* of the longest look before a rest, which lasts */
    REST = 200  /* waits */
};

/* A wait that was shorter could have been spent looking. Longer than a wake-up takes. */
#define SHORT_WAIT WEFT_US(100)

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

static void look_longer(struct weft__patience *patience)
{
    if (patience->looks < MOST_PATIENCE)
        patience->looks *= 2;
}

bool weft__look(const weft_atomic_u32 *word, uint32_t seen)
{
    struct weft__patience *patience = &weft__self.patience;
    bool changed = false;

    if (patience->looks == 0)
        patience->looks = FIRST_PATIENCE;
    if (patience->rest > 0 || !may_look())
        return false;
    for (uint32_t i = patience->looks; i > 0; i--) {
        changed = weft_load_u32(word, WEFT_ACQUIRE) != seen;
        if (changed)
            break;
        weft_cpu_pause();
    }
    weft_fetch_sub_u32(&lookers, 1, WEFT_RELAXED);
    if (changed) {
        look_longer(patience);
        patience->misses = 0;
    }
    return changed;
}

void weft__look_learn(weft_time since)
{
    struct weft__patience *patience = &weft__self.patience;

    if (patience->rest > 0) {
        patience->rest--;
    } else if (weft_seam_clock() - since > SHORT_WAIT) {
        if (patience->looks > LEAST_PATIENCE)
            patience->looks /= 2;
    } else if (patience->looks < MOST_PATIENCE) {
        look_longer(patience);
    } else if (++patience->misses == MISSES) {
        *patience = (struct weft__patience){.looks = LEAST_PATIENCE, .rest = REST};
    }
}
