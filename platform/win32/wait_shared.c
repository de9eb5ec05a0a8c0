/* SPDX-License-Identifier: MIT */
/*
 * Wait and wake between processes: a parking lot in the arena, because WaitOnAddress
 * reaches only its own process. A sleeper takes a slot, checks its word and sleeps on
 * the slot's event; a waker finds the slots of its word, the oldest ticket first.
 *
 * A named kernel mutex guards the lot. The order that loses no wake-up: the sleeper
 * counts itself in `sleepers`, fences, then reads the word; the waker's word has changed,
 * it fences, then reads `sleepers`, and takes the mutex only if it is not 0. The same holds
 * between a sleeper and who ends its sleep alone, for *over instead of the word.
 *
 * Processes may be killed anywhere. A slot is one by its state alone, which is stored
 * last; everything else can be counted anew, and is when `busy` tells the next owner of
 * the mutex that the last one died in it. (WAIT_ABANDONED does not tell if it died with
 * the last handle.) Slots of the dead are freed when a waker meets them or the lot is full.
 *
 * Mutex and events have random names, made in each process when it needs them, and are
 * gone with the last handle.
 */

#include "parking.h"

#include <stddef.h>

#include <windows.h>

#include <bcrypt.h>

#include "weft/error.h"
#include "weft/fault.h"
#include "weft/wait.h"

#include "internal.h"

enum { SLOTS = 2000, BUCKETS = 256, PEERS = 64, LONGEST_MS = 24 * 60 * 60 * 1000 };

enum state { FREE, WAITING, WOKEN };

struct slot {
    weft_atomic_u32 state; /* under the mutex, but the owner frees a WOKEN slot without it */
    uint64_t word;         /* the rest under the mutex: offset in the arena */
    uint64_t ticket;
    uint64_t owner; /* mark of the process */
};

/* A process that is known to have lived; while it is open, its number is given to no other. */
struct peer {
    uint64_t mark;
    HANDLE process;
};

struct lot {
    unsigned char name[16];            /* random, written before the arena is shared */
    weft_atomic_u32 busy;              /* 1 while somebody has the mutex */
    uint32_t top;                      /* under the mutex: slots from here on are FREE */
    uint64_t tickets;                  /* under the mutex: given so far */
    weft_atomic_u32 sleepers[BUCKETS]; /* WAITING slots by word; written under the mutex */
    struct slot slots[SLOTS];
};

_Static_assert(sizeof(struct lot) <= WEFT_SEAM_ARENA_RESERVED, "the lot fits its place");

/* Set before other threads use the arena. */
static struct lot *lot;
static size_t size;
static uint64_t self; /* mark of this process */

/* HANDLEs, made by whoever needs them first, never closed: they keep the names alive. */
static weft_atomic_pointer mutex;
static weft_atomic_pointer events[SLOTS];

static struct peer peers[PEERS]; /* under the mutex; by mark */

int weft__parking_make(const weft_seam_arena *arena)
{
    struct lot *made = arena->base;
    NTSTATUS status =
        BCryptGenRandom(NULL, made->name, sizeof(made->name), BCRYPT_USE_SYSTEM_PREFERRED_RNG);
    if (status != 0)
        return weft__fail(WEFT_ESYSTEM, "arena: no random numbers (status 0x%lx)",
                          (unsigned long)status);
    return 0;
}

int weft__parking_use(const weft_seam_arena *arena)
{
    int err = weft_seam_process_mark(arena, 0, &self);
    if (err != 0)
        return err;
    size = arena->size;
    lot = arena->base;
    return 0;
}

/* "Local\weft-<32 hexadecimal digits>-<number>" */
static void name_of(unsigned number, wchar_t name[64])
{
    static const wchar_t prefix[] = L"Local\\weft-";
    static const wchar_t digits[] = L"0123456789abcdef";
    wchar_t *end = name;
    for (size_t i = 0; prefix[i] != L'\0'; i++)
        *end++ = prefix[i];
    for (size_t i = 0; i < sizeof(lot->name); i++) {
        *end++ = digits[lot->name[i] / 16];
        *end++ = digits[lot->name[i] % 16];
    }
    *end++ = L'-';
    for (unsigned unit = 1000; unit > 0; unit /= 10)
        *end++ = digits[number / unit % 10];
    *end = L'\0';
}

/* The handle in `place`, or a new one of the same object; NULL: the system has none left. */
static HANDLE open_at(weft_atomic_pointer *place, unsigned number)
{
    void *seen = weft_load_pointer(place, WEFT_ACQUIRE);
    if (seen != NULL)
        return seen;
    wchar_t name[64];
    name_of(number, name);
    HANDLE made =
        place == &mutex ? CreateMutexW(NULL, FALSE, name) : CreateEventW(NULL, FALSE, FALSE, name);
    if (made == NULL || weft_cas_pointer(place, &seen, made, WEFT_ACQ_REL))
        return made;
    CloseHandle(made); /* another thread was faster */
    return seen;
}

static HANDLE event_of(size_t i)
{
    return open_at(&events[i], (unsigned)i);
}

static uint64_t offset_of(const weft_atomic_u32 *word)
{
    return (uint64_t)((uintptr_t)word - (uintptr_t)lot);
}

static weft_atomic_u32 *bucket_of(uint64_t word)
{
    return &lot->sleepers[word / sizeof(uint32_t) % BUCKETS];
}

static enum state state_of(size_t i)
{
    return (enum state)weft_load_u32(&lot->slots[i].state, WEFT_ACQUIRE);
}

/* ---- under the mutex ----------------------------------------------------------- */

static void ring_locked(size_t i)
{
    HANDLE event = event_of(i);
    if (event != NULL) /* if there is no handle left, the sleeper's next slice sees it */
        SetEvent(event);
}

/* Whoever had the mutex died in it: only the states of the slots are to be trusted. */
static void repair_locked(void)
{
    uint32_t counts[BUCKETS] = {0};
    lot->top = 0;
    for (size_t i = 0; i < SLOTS; i++) {
        enum state state = state_of(i);
        if (state != FREE)
            lot->top = (uint32_t)i + 1;
        if (state == WAITING)
            counts[bucket_of(lot->slots[i].word) - lot->sleepers]++;
        else if (state == WOKEN)
            ring_locked(i); /* it may have died before it did */
    }
    for (size_t b = 0; b < BUCKETS; b++)
        weft_store_u32(&lot->sleepers[b], counts[b], WEFT_SEQ_CST);
}

static bool acquire(void)
{
    HANDLE handle = open_at(&mutex, SLOTS);
    if (handle == NULL)
        return false;
    WaitForSingleObject(handle, INFINITE);
    if (weft_exchange_u32(&lot->busy, 1, WEFT_ACQ_REL) != 0)
        repair_locked();
    return true;
}

static void release(void)
{
    while (lot->top > 0 && state_of(lot->top - 1) == FREE)
        lot->top--;
    weft_store_u32(&lot->busy, 0, WEFT_RELEASE);
    ReleaseMutex(weft_load_pointer(&mutex, WEFT_ACQUIRE));
}

/* A WAITING slot gets another state. */
static void leave_locked(size_t i, enum state state)
{
    struct slot *slot = &lot->slots[i];
    weft_store_u32(&slot->state, state, WEFT_RELEASE);
    weft_fetch_sub_u32(bucket_of(slot->word), 1, WEFT_SEQ_CST);
}

/* Whether the owner of the slot lives. Opening a process is slow, so handles are kept. */
static bool lives_locked(size_t i)
{
    uint64_t mark = lot->slots[i].owner;
    struct peer *peer = &peers[(mark ^ mark >> 34) % PEERS]; /* pids are multiples of 4 */
    if (mark == self)
        return true;
    if (peer->mark != mark) {
        if (peer->process != NULL)
            CloseHandle(peer->process);
        peer->process = weft__mark_open(mark);
        peer->mark = peer->process != NULL ? mark : 0;
    }
    if (peer->process == NULL)
        return weft__mark_lives(mark);
    return WaitForSingleObject(peer->process, 0) == WAIT_TIMEOUT;
}

static void bury_locked(size_t i)
{
    if (state_of(i) == WAITING)
        leave_locked(i, FREE);
    else
        weft_store_u32(&lot->slots[i].state, FREE, WEFT_RELEASE);
}

/* A FREE slot, or SLOTS: 2000 threads sleep. */
static size_t find_free_locked(void)
{
    for (size_t i = 0; i < SLOTS; i++) {
        /* WOKEN does not last, unless the sleeper died of it. */
        if (state_of(i) == WOKEN && !lives_locked(i))
            bury_locked(i);
        if (state_of(i) == FREE)
            return i;
    }
    size_t found = SLOTS;
    for (size_t i = 0; i < SLOTS; i++) {
        if (!lives_locked(i)) {
            bury_locked(i);
            found = i;
        }
    }
    return found;
}

/* The calling thread is WAITING in the slot returned; SLOTS: it cannot. */
static size_t park_locked(uint64_t word)
{
    size_t i = find_free_locked();
    if (i == SLOTS || event_of(i) == NULL)
        return SLOTS;
    struct slot *slot = &lot->slots[i];
    /* The event may be set since a sleeper before: this one then wakes for no reason, once. */
    slot->word = word;
    slot->ticket = ++lot->tickets;
    slot->owner = self;
    weft_store_u32(&slot->state, WAITING, WEFT_RELEASE);
    (void)weft_fault_point("wait_shared.parked");
    if (lot->top <= i)
        lot->top = (uint32_t)i + 1;
    weft_fetch_add_u32(bucket_of(word), 1, WEFT_SEQ_CST);
    return i;
}

static void wake_locked(size_t i)
{
    leave_locked(i, WOKEN);
    (void)weft_fault_point("wait_shared.woken");
    ring_locked(i);
}

static bool sleeps_on(size_t i, uint64_t word)
{
    return state_of(i) == WAITING && lot->slots[i].word == word;
}

/* False if the sleeper of the slot had died. */
static bool wake_or_bury_locked(size_t i)
{
    if (lives_locked(i)) {
        wake_locked(i);
        return true;
    }
    bury_locked(i);
    return false;
}

/* False if nobody sleeps on the word any more. */
static bool wake_oldest_locked(uint64_t word)
{
    size_t oldest = SLOTS;
    do {
        oldest = SLOTS;
        for (size_t i = 0; i < lot->top; i++) {
            if (!sleeps_on(i, word))
                continue;
            if (oldest == SLOTS || lot->slots[i].ticket < lot->slots[oldest].ticket)
                oldest = i;
        }
    } while (oldest != SLOTS && !wake_or_bury_locked(oldest));
    return oldest != SLOTS;
}

static void wake_all_locked(uint64_t word)
{
    for (size_t i = 0; i < lot->top; i++) {
        if (sleeps_on(i, word))
            (void)wake_or_bury_locked(i);
    }
}

/* ---- the seam ------------------------------------------------------------------ */

/* True if the thread must sleep in slot *slot, or nap if that is SLOTS. */
static bool park(weft_atomic_u32 *word, uint32_t seen, const weft_atomic_u32 *over, size_t *slot)
{
    uint64_t offset = offset_of(word);
    bool changed = false;
    *slot = SLOTS;
    if (offset >= size || !acquire())
        return weft_load_u32(word, WEFT_ACQUIRE) == seen;
    *slot = park_locked(offset);
    weft_fence();
    changed = weft_load_u32(word, WEFT_SEQ_CST) != seen ||
              (over && weft_load_u32(over, WEFT_SEQ_CST) != 0);
    if (changed && *slot != SLOTS)
        leave_locked(*slot, FREE);
    release();
    return !changed;
}

/* True if somebody woke the slot's sleeper, who gives it back here. */
static bool unpark(size_t i, bool signalled)
{
    bool woken = state_of(i) == WOKEN;
    if (woken && signalled) {
        weft_store_u32(&lot->slots[i].state, FREE, WEFT_RELEASE);
        return true;
    }
    if (!acquire())
        return signalled;
    woken = state_of(i) == WOKEN;
    bury_locked(i);
    release();
    return woken || signalled;
}

int weft_seam_wait_shared(weft_atomic_u32 *word, uint32_t seen, weft_time until,
                          const weft_atomic_u32 *over)
{
    size_t slot = SLOTS;
    if (!park(word, seen, over, &slot))
        return 0;
    bool woken = false;
    if (slot == SLOTS) {
        Sleep(1);
    } else {
        DWORD ms = (DWORD)weft__ms_until(until, LONGEST_MS);
        woken = unpark(slot, WaitForSingleObject(event_of(slot), ms) == WAIT_OBJECT_0);
    }
    return woken || weft_seam_clock() < until ? 0 : WEFT_ETIMEDOUT;
}

void weft_seam_wake_shared(weft_atomic_u32 *word, int32_t count)
{
    uint64_t offset = offset_of(word);
    weft_fence();
    if (offset >= size || weft_load_u32(bucket_of(offset), WEFT_SEQ_CST) == 0)
        return;
    if (!acquire()) /* no handle left: sleepers look again after their slice */
        return;
    if (count == WEFT_WAKE_ALL) {
        wake_all_locked(offset);
    } else {
        for (int32_t n = 0; n < count && wake_oldest_locked(offset); n++)
            continue;
    }
    release();
}
