/* SPDX-License-Identifier: MIT */
/*
 * Thread-local storage with SDL's destructors.
 *
 * SDL never gives a TLS number back, calls destructors for NULL too, and leaves a value
 * readable after it was destroyed. So all of weft has one number of SDL, whose
 * destructor is only the sign that the thread ends; the values are in `values`.
 * Threads of weft do not wait for the sign: thread.c calls weft__local_end(), before
 * SDL takes its own storage apart. A thread that SDL did not start gets no sign, and
 * its values are not destroyed.
 *
 * A key is a place in `keys` and its generation: a value left over by a closed key
 * has an older one. `state` counts generations and says whether the place is free;
 * who changes it from free owns the place, and makes it valid with release.
 */
#define SDL_MAIN_HANDLED

#include "local.h"

#include <SDL.h>
#include <stddef.h>

#include "internal.h"
#include "seam.h"

enum { KEYS = 128, ROUNDS = 4 };

/* Low two bits of keys[].state; above them is the generation. */
enum { FREE = 0, BEGUN = 1, VALID = 2, STATES = 3, GENERATION = 4 };

struct key {
    weft_atomic_u32 state;
    void (*destructor)(void *value); /* written while BEGUN */
};

struct value {
    uint32_t state; /* of its key when it was set: VALID */
    void *value;
};

static struct key keys[KEYS];
static WEFT_THREAD_LOCAL struct value values[KEYS];
static weft_atomic_u32 sign; /* SDL_TLSID; 0: none yet */

static struct key *key_of(uint64_t key)
{
    return &keys[(uint32_t)key - 1];
}

static struct value *value_of(uint64_t key)
{
    return &values[(uint32_t)key - 1];
}

int weft_seam_local_create(uint64_t *key, void (*destructor)(void *value))
{
    for (uint32_t i = 0; i < KEYS; i++) {
        uint32_t state = weft_load_u32(&keys[i].state, WEFT_RELAXED);
        if ((state & STATES) != FREE ||
            !weft_cas_u32(&keys[i].state, &state, state | BEGUN, WEFT_ACQUIRE))
            continue;
        keys[i].destructor = destructor;
        state += GENERATION + VALID;
        weft_store_u32(&keys[i].state, state, WEFT_RELEASE);
        *key = (uint64_t)state << 32 | (i + 1);
        return 0;
    }
    return weft__fail(WEFT_ELIMIT, "local: all %d keys are in use", KEYS);
}

void *weft_seam_local_get(uint64_t key)
{
    struct value *value = value_of(key);

    return value->state == key >> 32 ? value->value : NULL;
}

static void SDLCALL thread_ends(void *value)
{
    (void)value;
    weft__local_end();
}

/* SDL will call thread_ends() in this thread, if it is one of SDL's. */
static bool ask_for_sign(void)
{
    uint32_t id = weft_load_u32(&sign, WEFT_ACQUIRE);

    if (id == 0) {
        SDL_TLSID made = SDL_TLSCreate();
        id = weft_cas_u32(&sign, &id, made, WEFT_ACQ_REL) ? made : id;
    }
    return id != 0 && (SDL_TLSGet(id) || SDL_TLSSet(id, values, thread_ends) == 0);
}

int weft_seam_local_set(uint64_t key, void *value)
{
    if (value && !ask_for_sign())
        return weft__fail(WEFT_ENOMEM, "local: value not set: SDL has no memory for it");
    *value_of(key) = (struct value){.state = (uint32_t)(key >> 32), .value = value};
    return 0;
}

void weft_seam_local_close(uint64_t key)
{
    weft_store_u32(&key_of(key)->state, (uint32_t)(key >> 32) & ~(uint32_t)STATES, WEFT_RELEASE);
}

/* Whether there was a value to destroy. */
static bool destroy(struct key *key, struct value *value)
{
    void *old = value->value;

    value->value = NULL;
    if (!old || value->state != weft_load_u32(&key->state, WEFT_ACQUIRE) || !key->destructor)
        return false;
    key->destructor(old);
    return true;
}

void weft__local_end(void)
{
    bool any = true;

    /* A destructor may set values again; as in POSIX, that goes on only so long. */
    for (int round = 0; any && round < ROUNDS; round++) {
        any = false;
        for (int i = 0; i < KEYS; i++)
            any = destroy(&keys[i], &values[i]) || any;
    }
}
