/* SPDX-License-Identifier: MIT */
/*
 * Thread-local storage with destructors, out of two halves of Windows: TLS slots keep
 * the values and allocate nothing; one FLS slot has a callback that Windows runs in
 * each thread that ends, after the thread has set a value for the first time.
 *
 * A key is the number of its slot here and of its TLS slot, so that a read needs no
 * lock. `lock` guards the table; a destructor runs outside it. As with POSIX, what
 * destructors set anew is destroyed in further rounds, of which there are four.
 *
 * Windows also calls back for the thread that ends the process, and then nothing
 * happens: as on POSIX, exit() runs no destructor.
 */

#include <stdlib.h>

#include <windows.h>

#include "weft/error.h"

#include "internal.h"
#include "seam.h"

enum { KEYS = 512, ROUNDS = 4 };

struct key {
    bool used;
    DWORD tls;
    void (*destructor)(void *value);
};

static SRWLOCK lock = SRWLOCK_INIT;
static struct key keys[KEYS];             /* under lock */
static size_t top;                        /* under lock; no key at or beyond it was ever used */
static DWORD marker = FLS_OUT_OF_INDEXES; /* made under lock before the first key exists */

/* 1 from the start of exit(). Relaxed: it matters to the thread that called exit(), and
 * whether a thread that ends meanwhile still runs its destructors is a race anyway. */
static weft_atomic_u32 ending;

static void note_exit(void)
{
    weft_store_u32(&ending, 1, WEFT_RELAXED);
}

/* False if there are no more keys from `i` on. */
static bool read_key(size_t i, struct key *key)
{
    AcquireSRWLockShared(&lock);
    bool exists = i < top;
    *key = keys[exists ? i : 0];
    ReleaseSRWLockShared(&lock);
    return exists;
}

/* True if there was something to destroy. */
static bool destroy_all(void)
{
    bool found = false;
    struct key key;
    for (size_t i = 0; read_key(i, &key); i++) {
        void *value = key.used && key.destructor != NULL ? TlsGetValue(key.tls) : NULL;
        if (value == NULL)
            continue;
        found = true;
        TlsSetValue(key.tls, NULL);
        key.destructor(value);
    }
    return found;
}

static void WINAPI thread_ends(void *mark)
{
    if (mark == NULL || weft_load_u32(&ending, WEFT_RELAXED) != 0)
        return;
    int round = 0;
    while (round < ROUNDS && destroy_all())
        round++;
}

static int make_marker_locked(void)
{
    if (marker != FLS_OUT_OF_INDEXES)
        return 0;
    DWORD made = FlsAlloc(thread_ends);
    if (made == FLS_OUT_OF_INDEXES || atexit(note_exit) != 0) {
        if (made != FLS_OUT_OF_INDEXES)
            FlsFree(made);
        return weft__fail(WEFT_ELIMIT, "thread-local key: the system has no FLS slot left");
    }
    marker = made;
    return 0;
}

static int make_key_locked(uint64_t *key, void (*destructor)(void *value))
{
    size_t i = 0;
    while (i < KEYS && keys[i].used)
        i++;
    DWORD tls = i < KEYS ? TlsAlloc() : TLS_OUT_OF_INDEXES;
    if (tls == TLS_OUT_OF_INDEXES)
        return weft__fail(WEFT_ELIMIT, "thread-local key: %zu are in use, and no more are left", i);
    keys[i] = (struct key){.used = true, .tls = tls, .destructor = destructor};
    top = i < top ? top : i + 1;
    *key = (uint64_t)tls << 32 | (uint64_t)(i + 1);
    return 0;
}

int weft_seam_local_create(uint64_t *key, void (*destructor)(void *value))
{
    AcquireSRWLockExclusive(&lock);
    int err = make_marker_locked();
    if (err == 0)
        err = make_key_locked(key, destructor);
    ReleaseSRWLockExclusive(&lock);
    return err;
}

void *weft_seam_local_get(uint64_t key)
{
    return TlsGetValue((DWORD)(key >> 32));
}

int weft_seam_local_set(uint64_t key, void *value)
{
    /* Any value that is not NULL makes Windows call back. Setting either slot can fail,
     * as Windows may allocate for slots beyond the first 64. */
    if (value != NULL && !FlsSetValue(marker, &ending))
        return weft__fail_system((long)GetLastError(), "thread-local value");
    if (!TlsSetValue((DWORD)(key >> 32), value))
        return weft__fail_system((long)GetLastError(), "thread-local value");
    return 0;
}

void weft_seam_local_close(uint64_t key)
{
    struct key *k = &keys[(key & UINT32_MAX) - 1];
    AcquireSRWLockExclusive(&lock);
    TlsFree(k->tls); /* makes it NULL in every thread before it is used again */
    k->used = false;
    ReleaseSRWLockExclusive(&lock);
}
