/* SPDX-License-Identifier: MIT */
/*
 * A pipe between processes: two rings, one for each direction, and who is at the ends.
 *
 * Each end carries the name of the process that used it last. Who waits asks every few ms
 * whether the process at the other end still lives; who sends without waiting asks no more
 * often. A dead process sends nothing any more, so one more look at the ring finds all that
 * it sent. Closing an end shuts both rings; whoever closes the second one frees the memory.
 */
#include "weft/shared_pipe.h"

#include "internal.h"
#include "shared_ring.h"

enum { PIPE_MAGIC = 0x7EF7A004, ALIGNMENT = 64 };

struct pipe_end {
    _Alignas(ALIGNMENT) weft_atomic_u32 user; /* arena's name of the process that used it last; 0:
                                                 nobody has; relaxed */
    weft_atomic_u64 asked; /* when the user last asked whether the other end's lives, by its own
                              clock; relaxed */
};

struct shared_pipe {
    uint32_t magic;         /* this and `rings` are written at creation */
    weft_atomic_u32 closed; /* a bit for each end; acq_rel */
    uint64_t rings[2];      /* bytes from here to the ring of what each end sends */
    struct pipe_end ends[2];
};

/* One end, as a call uses it. */
struct use {
    struct shared_pipe *pipe;
    unsigned side;
    weft_shared_pipe handle;
};

static struct shared_pipe *pipe_of(weft_shared_pipe end)
{
    weft_offset at = end.at & ~(weft_offset)1;
    struct shared_pipe *object = at % ALIGNMENT == 0 ? weft_shared_pointer(at) : NULL;

    if (object && object->magic == PIPE_MAGIC)
        return object;
    weft__misuse(WEFT_EINVAL, "shared pipe %llu: no pipe", (unsigned long long)end.at);
    return NULL;
}

static struct weft__shared_ring *ring_from(struct shared_pipe *pipe, unsigned side)
{
    return (struct weft__shared_ring *)((char *)pipe + pipe->rings[side]);
}

/* The calling process is at this end now. */
static int begin(struct use *use, weft_shared_pipe end, const void *message, size_t size)
{
    uint32_t self = weft__arena_self();

    *use = (struct use){.pipe = pipe_of(end), .side = end.at & 1, .handle = end};
    if (!use->pipe)
        return WEFT_EINVAL;
    if (!message && size > 0)
        return weft__misuse(WEFT_EINVAL, "shared pipe %llu: %zu bytes at NULL",
                            (unsigned long long)end.at, size);
    weft_atomic_u32 *user = &use->pipe->ends[use->side].user;
    if (weft_load_u32(user, WEFT_RELAXED) != self)
        weft_store_u32(user, self, WEFT_RELAXED);
    return 0;
}

/* Of a struct use. */
static bool peer_is_dead(const void *context)
{
    const struct use *use = context;
    uint32_t peer = weft_load_u32(&use->pipe->ends[1 - use->side].user, WEFT_RELAXED);

    return peer != 0 && !weft__arena_process_alive(peer);
}

/* Time to ask again? The clock of the process that used this end before may be another. */
static bool is_time_to_ask(const struct use *use)
{
    weft_atomic_u64 *asked = &use->pipe->ends[use->side].asked;
    uint64_t now = (uint64_t)weft_clock();

    if (now - weft_load_u64(asked, WEFT_RELAXED) < (uint64_t)WEFT__LIVENESS_SLICE)
        return false;
    weft_store_u64(asked, now, WEFT_RELAXED);
    return true;
}

static int fail(const struct use *use, int err, const char *late)
{
    unsigned long long at = use->handle.at;

    if (err == WEFT_ECLOSED)
        return weft__fail(err, "shared pipe %llu: nobody is at the other end", at);
    if (err == WEFT_ECANCELED)
        return weft__fail(err, "shared pipe %llu: its wait was cancelled", at);
    return weft__fail(err, "shared pipe %llu: %s until the deadline", at, late);
}

int weft_shared_pipe_create(weft_shared_pipe *one, weft_shared_pipe *other, size_t bytes)
{
    size_t room = bytes > 0 ? bytes : WEFT__SHARED_BYTES;
    size_t each = weft__shared_ring_size(room);
    struct shared_pipe *object;
    weft_offset at;
    int err;

    if (each == 0 || each > SIZE_MAX / 4)
        return weft__fail(WEFT_EINVAL, "shared pipe: %zu bytes are too many", bytes);
    err = weft_shared_alloc(&at, sizeof(*object) + 2 * each);
    if (err != 0)
        return err;
    object = weft_shared_pointer(at);
    for (unsigned side = 0; side < 2; side++) {
        object->rings[side] = sizeof(*object) + side * each;
        weft__shared_ring_init(ring_from(object, side), WEFT__SHARED_ITEMS, room);
    }
    object->magic = PIPE_MAGIC;
    one->at = at;
    other->at = at | 1;
    return 0;
}

int weft_shared_pipe_send(weft_shared_pipe end, const void *message, size_t size, weft_time until)
{
    struct use use;
    struct weft__shared_watch watch = {peer_is_dead, &use};
    int err = begin(&use, end, message, size);

    if (err != 0)
        return err;
    if (is_time_to_ask(&use) && peer_is_dead(&use))
        return fail(&use, WEFT_ECLOSED, "");
    err = weft__shared_ring_put(ring_from(use.pipe, use.side), message, size, until, &watch);
    if (err == WEFT_ETOOBIG)
        return weft__fail(err, "shared pipe %llu: a message of %zu bytes never fits",
                          (unsigned long long)end.at, size);
    return err == 0 ? 0 : fail(&use, err, "full");
}

int weft_shared_pipe_receive(weft_shared_pipe end, void *message, size_t size, size_t *length,
                             weft_time until)
{
    struct use use;
    struct weft__shared_watch watch = {peer_is_dead, &use};
    struct weft__shared_ring *ring;
    int err = begin(&use, end, message, size);

    if (err != 0)
        return err;
    ring = ring_from(use.pipe, 1 - use.side);
    err = weft__shared_ring_get(ring, message, size, length, until, &watch);
    if (err == WEFT_ECLOSED || (err == WEFT_ETIMEDOUT && peer_is_dead(&use))) {
        /* It may have sent something at last. */
        err = weft__shared_ring_get(ring, message, size, length, WEFT_NOW, NULL);
        if (err == WEFT_ETIMEDOUT)
            err = WEFT_ECLOSED;
    }
    if (err == WEFT_ETOOBIG)
        return weft__fail(err, "shared pipe %llu: the next message has another size than %zu bytes",
                          (unsigned long long)end.at, size);
    return err == 0 ? 0 : fail(&use, err, "empty");
}

void weft_shared_pipe_close(weft_shared_pipe end)
{
    struct shared_pipe *object = end.at != 0 ? pipe_of(end) : NULL;
    unsigned side = end.at & 1;
    uint32_t before;

    if (!object)
        return;
    weft__shared_ring_shut(ring_from(object, side), WEFT_DRAIN);
    weft__shared_ring_shut(ring_from(object, 1 - side), WEFT_DISCARD);
    before = weft_fetch_or_u32(&object->closed, 1u << side, WEFT_ACQ_REL);
    if (before != 1u << (1 - side))
        return;
    object->magic = 0;
    weft_shared_free(end.at & ~(weft_offset)1);
}
