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
 * just sleeps for some waits, before it tries again, once.
 */
#include "park.h"
#include "seam.h"

enum {
    LEAST_PATIENCE = 16, /* looks */
    FIRST_PATIENCE = 256,
    MOST_PATIENCE = 1024,
    MISSES = 4, /* of the longest look before a rest, which lasts */
    REST = 200, /* waits; doubled each time, so often: */
    LONGEST_REST = 4
};

/* A wait that was shorter could have been spent looking. Longer than a wake-up takes. */
#define SHORT_WAIT WEFT_US(100)

/* How many look, and may look at a time for what another thread of the process does; relaxed,
 * as both are hints. */
static weft_atomic_u32 lookers, most_lookers; /* the second + 1; 0: not known yet */

static uint32_t other_cpus(void)
{
    uint32_t most = weft_load_u32(&most_lookers, WEFT_RELAXED);

    if (most == 0) {
        most = weft_seam_cpu_count();
        weft_store_u32(&most_lookers, most, WEFT_RELAXED);
    }
    return most - 1;
}

static void look_longer(struct weft__patience *patience)
{
    if (patience->looks < MOST_PATIENCE)
        patience->looks *= 2;
}

static bool look(const weft_atomic_u32 *word, uint32_t seen, uint32_t most)
{
    struct weft__patience *patience = &weft__self.patience;
    bool changed = false;

    if (patience->looks == 0)
        patience->looks = FIRST_PATIENCE;
    if (patience->rest > 0)
        return false;
    if (weft_fetch_add_u32(&lookers, 1, WEFT_RELAXED) < most) {
        for (uint32_t i = patience->looks; i > 0; i--) {
            changed = weft_load_u32(word, WEFT_ACQUIRE) != seen;
            if (changed)
                break;
            weft_cpu_pause();
        }
    }
    weft_fetch_sub_u32(&lookers, 1, WEFT_RELAXED);
    if (changed) {
        look_longer(patience);
        patience->misses = 0;
        patience->rests = 0;
    }
    return changed;
}

bool weft__looker_enter(void)
{
    if (weft_fetch_add_u32(&lookers, 1, WEFT_RELAXED) < other_cpus())
        return true;
    weft__looker_leave();
    return false;
}

void weft__looker_leave(void)
{
    weft_fetch_sub_u32(&lookers, 1, WEFT_RELAXED);
}

bool weft__look(const weft_atomic_u32 *word, uint32_t seen)
{
    return look(word, seen, other_cpus());
}

bool weft__look_shared(const weft_atomic_u32 *word, uint32_t seen)
{
    uint32_t most = other_cpus();

    return look(word, seen, most > 0 ? most : 1);
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
        patience->misses--; /* the next one is enough, and the next rest longer */
        patience->rest = (uint16_t)(REST << patience->rests);
        patience->rests += patience->rests < LONGEST_REST;
    }
}
