/* SPDX-License-Identifier: MIT */
/*
 * What a client of a manager does for each call: it writes a request, pushes it, and waits
 * for the answer. See manager.h for the states and for who frees what.
 *
 * It looks for the answer for some microseconds before it sleeps. It sleeps in slices, and
 * asks after each whether the server still lives.
 */
#include <string.h>

#include "manager.h"
#include "weft/wait.h"

static struct weft__request *create(const struct weft__call_of_manager *call, weft_offset *at)
{
    size_t most =
        call->key_size + call->size > call->room ? call->key_size + call->size : call->room;
    struct weft__request *request;

    if (call->key_size > SIZE_MAX / 4 || call->size > SIZE_MAX / 4 || call->room > SIZE_MAX / 4) {
        weft__fail(WEFT_ENOMEM, "manager: no memory for %zu bytes", call->size);
        return NULL;
    }
    if (weft_shared_alloc(at, sizeof(*request) + most) != 0)
        return NULL;
    request = weft_shared_pointer(*at);
    request->client = weft__arena_self();
    request->operation = call->operation;
    request->object = call->object;
    request->index = call->index;
    request->key_size = call->key_size;
    request->size = call->size;
    request->room = call->room;
    request->exact = call->exact;
    if (call->key_size > 0)
        memcpy(request->bytes, call->key, call->key_size);
    if (call->size > 0)
        memcpy(request->bytes + call->key_size, call->value, call->size);
    return request;
}

static void push(struct weft__manager_block *block, struct weft__request *request, weft_offset at)
{
    uint64_t seen = weft_load_u64(&block->first, WEFT_RELAXED);

    (void)weft_fault_point("manager.push");
    do
        request->next = seen;
    while (!weft_cas_u64(&block->first, &seen, at, WEFT_RELEASE));
    if (seen == 0) /* otherwise whoever pushed on the empty stack rings */
        weft__ring_bell(&block->bell);
}

static int ended(const struct weft__manager_block *block)
{
    if (weft_load_u32(&block->closed, WEFT_ACQUIRE) != 0)
        return weft__fail(WEFT_ECLOSED, "manager: closed");
    if (!weft__arena_process_alive(weft_load_u32(&block->server, WEFT_ACQUIRE)))
        return weft__fail(WEFT_ELOST, "manager: its server has died");
    return 0;
}

/* 0: the state is ANSWERED. */
static int await(const struct weft__manager_block *block, struct weft__request *request,
                 weft_time until)
{
    struct weft__backoff backoff = {0};
    uint32_t state = WEFT__REQUEST_WAITING;
    int err = 0;

    while (weft_load_u32(&request->state, WEFT_ACQUIRE) == WEFT__REQUEST_WAITING)
        if (!weft__backoff(&backoff))
            break;
    if (!weft_cas_u32(&request->state, &state, WEFT__REQUEST_SLEEPING, WEFT_ACQ_REL))
        return 0;
    while (err == 0 && weft_load_u32(&request->state, WEFT_ACQUIRE) == WEFT__REQUEST_SLEEPING) {
        weft_time end = weft__slice(until, WEFT_SHARED_SLICE);

        err = weft_wait_shared(&request->state, WEFT__REQUEST_SLEEPING, end);
        if (err == WEFT_ETIMEDOUT) {
            err = ended(block);
            if (err == 0 && end == until)
                err = WEFT_ETIMEDOUT;
        }
    }
    state = WEFT__REQUEST_SLEEPING;
    if (err != 0 && weft_cas_u32(&request->state, &state, WEFT__REQUEST_DROPPED, WEFT_ACQ_REL))
        return err;
    return 0;
}

/* What the server left in the request. */
static int take(struct weft__request *request, struct weft__call_of_manager *call)
{
    int code = request->code;

    call->count = request->count;
    call->reply = request->reply;
    if (code == 0 && call->into && request->count > 0 && request->count <= call->room)
        memcpy(call->into, request->bytes, (size_t)request->count);
    weft_store_u32(&request->state, WEFT__REQUEST_TAKEN, WEFT_RELEASE);
    return code;
}

static int tell(int err, const struct weft__call_of_manager *call)
{
    unsigned long long object = (unsigned long long)call->object;

    switch (err) {
    case 0:
        return 0;
    case WEFT_ENOTFOUND:
        return weft__fail(err, "shared object %llu: no such key or index", object);
    case WEFT_ETOOBIG:
        return weft__fail(err, "shared object %llu: a value of %llu bytes, and room for %zu",
                          object, (unsigned long long)call->count, call->room);
    case WEFT_ETIMEDOUT:
        return weft__fail(err, "shared object %llu: no answer until the deadline", object);
    case WEFT_ECANCELED:
        return weft__fail(err, "shared object %llu: its wait was cancelled", object);
    case WEFT_ENOMEM:
        return weft__fail(err, "shared object %llu: the server has no memory left", object);
    case WEFT_ECLOSED:
        return weft__fail(err, "shared object %llu: closed", object);
    default:
        return err; /* of ended(), with its sentence */
    }
}

int weft__manager_call(weft_offset manager, struct weft__call_of_manager *call, weft_time until)
{
    struct weft__manager_block *block = weft_shared_pointer(manager);
    struct weft__request *request;
    weft_offset at;
    int err = ended(block);

    if (err != 0)
        return err;
    request = create(call, &at);
    if (!request)
        return WEFT_ENOMEM;
    push(block, request, at);
    err = await(block, request, until);
    if (err == 0)
        err = take(request, call);
    return tell(err, call);
}
