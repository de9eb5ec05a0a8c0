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
#include "shared_object.h"
#include "shared_ring.h"

static const char what[] = "shared pipe";

struct pipe_end {
    _Alignas(64) weft_atomic_u32 user; /* arena's name of the process that used it last; 0:
                                                 nobody has; relaxed */
    weft_atomic_u64 asked; /* when the user last asked whether the other end's lives, by its own
                              clock; relaxed */
};

struct shared_pipe {
    weft_atomic_u32 kind;
    weft_atomic_u32 closed; /* a bit for each end; acq_rel */
    uint64_t rings[2];      /* bytes from here to the ring of what each end sends; written at
                               creation */
    struct pipe_end ends[2];
};

/* One end, as a call uses it. */
struct use {
    struct shared_pipe *pipe;
    unsigned side;
    weft_shared_pipe handle;
};

static weft_offset place_of(weft_shared_pipe end)
{
    return end.at & ~(weft_offset)1;
}

static struct shared_pipe *find(weft_shared_pipe end)
{
    return weft__shared_find(place_of(end), WEFT__SHARED_PIPE);
}

static struct weft__shared_ring *ring_from(struct shared_pipe *pipe, unsigned side)
{
    return (struct weft__shared_ring *)((char *)pipe + pipe->rings[side]);
}

/* The calling process is at this end now. */
static int begin(struct use *use, weft_shared_pipe end, const void *message, size_t size)
{
    uint32_t self = weft__arena_self();

    *use = (struct use){.pipe = find(end), .side = end.at & 1, .handle = end};
    if (!use->pipe)
        return weft__shared_refuse(end.at, what);
    if (!message && size > 0)
        return weft__misuse(WEFT_EINVAL, "%s %llu: %zu bytes at NULL", what,
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
    if (err == WEFT_ECLOSED)
        return weft__fail(err, "%s %llu: nobody is at the other end", what,
                          (unsigned long long)use->handle.at);
    return weft__shared_fail_wait(err, what, use->handle.at, late);
}

int weft_shared_pipe_create(weft_shared_pipe *one, weft_shared_pipe *other, size_t bytes)
{
    size_t room = bytes > 0 ? bytes : WEFT__SHARED_BYTES;
    size_t each = weft__shared_ring_size(room);
    struct shared_pipe *object;
    weft_offset at;
    int err;

    if (each == 0 || each > SIZE_MAX / 4)
        return weft__fail(WEFT_EINVAL, "%s: %zu bytes are too many", what, bytes);
    err = weft__shared_create(&at, WEFT__SHARED_PIPE, sizeof(*object) + 2 * each);
    if (err != 0)
        return err;
    object = find((weft_shared_pipe){at});
    for (unsigned side = 0; side < 2; side++) {
        object->rings[side] = sizeof(*object) + side * each;
        weft__shared_ring_init(ring_from(object, side), WEFT__SHARED_ITEMS, room);
    }
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
        return weft__fail(err, "%s %llu: a message of %zu bytes never fits", what,
                          (unsigned long long)end.at, size);
    return err == 0 ? 0 : fail(&use, err, "full until the deadline");
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
        return weft__fail(err, "%s %llu: the next message has another size than %zu bytes", what,
                          (unsigned long long)end.at, size);
    return err == 0 ? 0 : fail(&use, err, "empty until the deadline");
}

void weft_shared_pipe_close(weft_shared_pipe end)
{
    struct shared_pipe *object = find(end);
    unsigned side = end.at & 1;

    if (end.at == 0)
        return;
    if (!object) {
        weft__shared_refuse(end.at, what);
        return;
    }
    weft__shared_ring_shut(ring_from(object, side), WEFT_DRAIN);
    weft__shared_ring_shut(ring_from(object, 1 - side), WEFT_DISCARD);
    if (weft_fetch_or_u32(&object->closed, 1u << side, WEFT_ACQ_REL) == 1u << (1 - side))
        weft__shared_close(place_of(end), WEFT__SHARED_PIPE, what);
}
