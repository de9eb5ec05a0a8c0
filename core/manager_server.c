/* SPDX-License-Identifier: MIT */
/*
 * The server of a manager: one thread that takes all requests there are, carries them out
 * in the order in which they were pushed, and answers each. All objects are its own memory,
 * so whoever dies, they are whole.
 *
 * A request that was answered stays in a list until its client has taken the answer, has
 * died, or has given it up; from the oldest on.
 */
#include <string.h>

#include "manager.h"
#include "manager_objects.h"
#include "weft/memory.h"
#include "weft/wait.h"

/* An answer that its client has not taken yet. */
struct open_answer {
    weft_offset at;
    uint32_t client;
};

/* A queue of them, in an array that is made larger when it is full. */
struct open_answers {
    struct open_answer *items;
    size_t first, count, room;
};

static bool is_over(const struct open_answer *answer)
{
    struct weft__request *request = weft_shared_pointer(answer->at);
    uint32_t state = weft_load_u32(&request->state, WEFT_ACQUIRE);

    return state == WEFT__REQUEST_TAKEN || !weft__arena_process_alive(answer->client);
}

/* A reply block that was not taken over goes with its request. */
static void free_request(weft_offset at)
{
    struct weft__request *request = weft_shared_pointer(at);

    if (weft_load_u32(&request->state, WEFT_ACQUIRE) != WEFT__REQUEST_TAKEN)
        weft_shared_free(request->reply);
    weft_shared_free(at);
}

static void sweep(struct open_answers *open)
{
    while (open->count > 0 && is_over(&open->items[open->first])) {
        free_request(open->items[open->first].at);
        open->first = (open->first + 1) % open->room;
        open->count--;
    }
}

static int reserve(struct open_answers *open)
{
    size_t room = open->room > 0 ? open->room * 2 : 64;
    struct open_answer *items;

    if (open->count < open->room)
        return 0;
    items = weft_alloc(room * sizeof(*items));
    if (!items)
        return WEFT_ENOMEM;
    for (size_t i = 0; i < open->count; i++)
        items[i] = open->items[(open->first + i) % open->room];
    weft_free(open->items);
    *open = (struct open_answers){.items = items, .count = open->count, .room = room};
    return 0;
}

/* The answer is there for its client; or nobody wants it. */
static void answer(struct open_answers *open, struct weft__request *request, weft_offset at)
{
    uint32_t client = request->client;
    uint32_t state = weft_load_u32(&request->state, WEFT_ACQUIRE);

    do {
        if (state == WEFT__REQUEST_DROPPED) {
            free_request(at);
            return;
        }
    } while (!weft_cas_u32(&request->state, &state, WEFT__REQUEST_ANSWERED, WEFT_ACQ_REL));
    if (state == WEFT__REQUEST_SLEEPING)
        weft_wake_shared(&request->state, WEFT_WAKE_ALL);
    open->items[(open->first + open->count++) % open->room] = (struct open_answer){at, client};
}

static void serve(struct weft__objects *objects, struct open_answers *open, weft_offset at)
{
    struct weft__request *request = weft_shared_pointer(at);

    if (weft_load_u32(&request->state, WEFT_ACQUIRE) == WEFT__REQUEST_DROPPED) {
        free_request(at);
        return;
    }
    while (reserve(open) != 0) { /* without it the answer could not be freed: wait for memory */
        sweep(open);
        weft__nap();
    }
    request->code = weft__objects_carry_out(objects, request);
    answer(open, request, at);
}

/* All requests there are, the oldest first. */
static weft_offset take_all(struct weft__manager_block *block)
{
    weft_offset newest = weft_exchange_u64(&block->first, 0, WEFT_ACQUIRE);
    weft_offset oldest = 0;

    while (newest != 0) {
        struct weft__request *request = weft_shared_pointer(newest);
        weft_offset next = request->next;

        request->next = oldest;
        oldest = newest;
        newest = next;
    }
    return oldest;
}

int weft__manager_serve(weft_task *task)
{
    struct weft__manager_block *block = weft_shared_pointer(WEFT_ARG(task, weft_offset));
    struct weft__backoff backoff = {0};
    struct weft__objects objects = {0};
    struct open_answers open = {0};

    weft__process_ignore_interrupt();
    weft_store_u32(&block->server, weft__arena_self(), WEFT_RELEASE);
    weft_wake_shared(&block->server, WEFT_WAKE_ALL);
    for (;;) {
        uint32_t seen = weft_load_u32(&block->bell, WEFT_ACQUIRE);
        weft_offset at = take_all(block);

        if (at == 0) {
            sweep(&open);
            /* In slices: a client may be killed between its push and its ring. */
            if (!weft__backoff(&backoff))
                (void)weft_wait_shared(&block->bell, seen, weft_in(WEFT_SHARED_SLICE));
            continue;
        }
        backoff = (struct weft__backoff){0};
        while (at != 0) {
            weft_offset next = ((struct weft__request *)weft_shared_pointer(at))->next;

            serve(&objects, &open, at);
            at = next;
        }
        sweep(&open);
    }
}
