/* SPDX-License-Identifier: MIT */
/*
 * The parking lot's locks and places to sleep, on Linux: private futexes. A place is the
 * address of the word. FUTEX_WAIT_BITSET takes an absolute time of CLOCK_MONOTONIC, which
 * is weft's clock here, less the 1 ns by which weft_seam_clock() is ahead.
 *
 * A lock is a word: free, held, or held and somebody may sleep (Drepper, "Futexes Are
 * Tricky", mutex 2). It is held for less time than a sleep costs, so spin first.
 */
#include "futex.h"
#include "seam.h"
#include "weft/error.h"

enum { FREE, HELD, AWAITED, SPINS = 100 };

/* Each on a cache line of its own. */
struct lot {
    _Alignas(64) weft_atomic_u32 state;
};

static struct lot lots[WEFT_SEAM_LOTS];

static void wake_one(weft_atomic_u32 *word)
{
    syscall(SYS_futex, &word->value, FUTEX_WAKE | FUTEX_PRIVATE_FLAG, 1, NULL, NULL, 0);
}

static bool take_after_spinning(weft_atomic_u32 *state)
{
    for (int i = 0; i < SPINS; i++) {
        uint32_t seen = FREE;

        if (weft_load_u32(state, WEFT_RELAXED) == FREE &&
            weft_cas_u32(state, &seen, HELD, WEFT_ACQUIRE))
            return true;
        weft_cpu_pause();
    }
    return false;
}

bool weft_seam_lot_enter(unsigned number)
{
    weft_atomic_u32 *state = &lots[number].state;
    uint32_t seen = FREE;

    if (weft_cas_u32(state, &seen, HELD, WEFT_ACQUIRE) || take_after_spinning(state))
        return true;
    while (weft_exchange_u32(state, AWAITED, WEFT_ACQUIRE) != FREE)
        weft__futex_sleep(state, FUTEX_WAIT_BITSET | FUTEX_PRIVATE_FLAG, AWAITED, NULL);
    return true;
}

void weft_seam_lot_leave(unsigned number)
{
    weft_atomic_u32 *state = &lots[number].state;

    if (weft_exchange_u32(state, FREE, WEFT_RELEASE) == AWAITED)
        wake_one(state);
}

void *weft_seam_place_take(weft_atomic_u32 *over)
{
    return over;
}

void weft_seam_place_return(void *place)
{
    (void)place;
}

int weft_seam_park(void *place, weft_atomic_u32 *over, weft_time until)
{
    struct timespec end = weft__timespec(until - 1);
    bool late = weft__futex_sleep(over, FUTEX_WAIT_BITSET | FUTEX_PRIVATE_FLAG, 0,
                                  until == WEFT_FOREVER ? NULL : &end);

    (void)place;
    return late ? WEFT_ETIMEDOUT : 0;
}

/* An address that is something else by now is a wake-up for no reason there. */
void weft_seam_unpark(void *place)
{
    wake_one(place);
}

void weft_seam_nap(void)
{
    struct timespec nap = weft__timespec(WEFT_MS(1));

    nanosleep(&nap, NULL);
}
