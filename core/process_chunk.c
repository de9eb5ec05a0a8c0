/* SPDX-License-Identifier: MIT */
/* The chunks of a map over a pool of processes, as the iterator sees them. See
 * process_chunk.h. */
#include "process_chunk.h"

#include <stdio.h>
#include <string.h>

#include "promise.h"
#include "thread_pool.h"
#include "weft/atomic.h"
#include "weft/memory.h"

struct weft__process_chunk {
    struct weft__chunk_kind kind; /* set at creation, like the next two */
    weft_offset at;
    struct weft__chunk_head *head;
    size_t refused; /* the items from here on fail with `code`; SIZE_MAX: none */
    int code;
    char sentence[256];
    size_t died_at;  /* the item at which a worker died last, */
    unsigned deaths; /* and how many did there; 0: none */
};

static size_t aligned(size_t size)
{
    return (size + 63) / 64 * 64;
}

size_t weft__process_chunk_size(const struct weft__chunk_kind *kind)
{
    size_t items = kind->items_stay ? 0 : kind->item_size;
    size_t results = kind->results_there ? 0 : kind->result_size;

    if (items > SIZE_MAX / 4 / kind->most || results > SIZE_MAX / 4 / kind->most)
        return SIZE_MAX;
    return aligned(sizeof(struct weft__chunk_head)) + aligned(items * kind->most) +
           results * kind->most;
}

static int make_head(weft__process_chunk *chunk)
{
    const struct weft__chunk_kind *kind = &chunk->kind;
    weft__function_ref function;
    int err = weft__function_name(&function, kind->function);

    if (err == 0)
        err = weft_shared_alloc(&chunk->at, weft__process_chunk_size(kind));
    if (err != 0)
        return err;
    chunk->head = weft_shared_pointer(chunk->at);
    chunk->head->function = function;
    chunk->head->item_size = kind->item_size;
    chunk->head->result_size = kind->result_size;
    chunk->head->items = chunk->at + aligned(sizeof(*chunk->head));
    chunk->head->results =
        chunk->head->items + (kind->items_stay ? 0 : aligned(kind->item_size * kind->most));
    return 0;
}

int weft__process_chunk_create(weft__process_chunk **out, const struct weft__chunk_kind *kind)
{
    weft__process_chunk *chunk = weft_alloc(sizeof(*chunk));
    int err = WEFT_ENOMEM;

    if (chunk) {
        chunk->kind = *kind;
        err = make_head(chunk);
    }
    if (err != 0)
        weft_free(chunk);
    else
        *out = chunk;
    return err;
}

static void drop_first_failure(struct weft__chunk_head *head)
{
    weft_offset at = weft_load_u64(&head->first_failure, WEFT_ACQUIRE);
    const struct weft__chunk_failure *failure = weft_shared_pointer(at);

    weft_store_u64(&head->first_failure, weft_load_u64(&failure->next, WEFT_ACQUIRE), WEFT_RELAXED);
    weft_store_u64(&head->last_failure, 0, WEFT_RELAXED);
    weft_shared_free(at);
}

static const struct weft__chunk_failure *first_failure(const struct weft__chunk_head *head)
{
    return weft_shared_pointer(weft_load_u64(&head->first_failure, WEFT_ACQUIRE));
}

void weft__process_chunk_fill(weft__process_chunk *chunk, const void *items, size_t count,
                              void *results)
{
    struct weft__chunk_head *head = chunk->head;

    while (first_failure(head))
        drop_first_failure(head);
    weft_store_u32(&head->unknown, 0, WEFT_RELAXED);
    weft_store_u64(&head->progress, 0, WEFT_RELAXED);
    head->start = 0;
    head->count = count;
    if (chunk->kind.items_stay)
        head->items = weft_shared_offset(items);
    else if (chunk->kind.item_size > 0)
        memcpy(weft_shared_pointer(head->items), items, count * chunk->kind.item_size);
    if (chunk->kind.results_there)
        head->results = weft_shared_offset(results);
    chunk->refused = SIZE_MAX;
    chunk->deaths = 0;
}

int weft__process_chunk_submit(weft__process_chunk *chunk, weft_executor *executor,
                               weft_future **future, const weft_submit_options *options,
                               weft_time until)
{
    weft_submit_options once = options ? *options : (weft_submit_options){0};

    once.retries = 0; /* they are an item's, not the chunk's */
    return weft_submit_with(executor, future, weft__process_chunk_run, &chunk->at,
                            sizeof(chunk->at), &once, until);
}

/* Whether the item at which a worker died may be tried again. */
static bool may_try_again(weft__process_chunk *chunk, size_t place, unsigned retries)
{
    if (chunk->deaths == 0 || chunk->died_at != place)
        chunk->deaths = 0;
    chunk->died_at = place;
    return chunk->deaths++ < retries;
}

bool weft__process_chunk_end(weft__process_chunk *chunk, weft_future *future, unsigned retries)
{
    struct weft__chunk_head *head = chunk->head;
    const char *sentence;
    int code = weft__future_error(future, &sentence);
    size_t place = (size_t)weft_load_u64(&head->progress, WEFT_ACQUIRE);

    if (code == 0 || place >= head->count)
        return true;
    head->start = place;
    if (code != WEFT_ELOST && code != WEFT_EOVERRUN) { /* what keeps one item keeps the next */
        weft__process_chunk_refuse(chunk, weft__fail(code, "%s", sentence));
        return true;
    }
    if (code == WEFT_EOVERRUN || !may_try_again(chunk, place, retries)) {
        weft__chunk_note(head, place, code, true, sentence);
        head->start = place + 1;
        weft_store_u64(&head->progress, head->start, WEFT_RELAXED);
    }
    return head->start == head->count;
}

void weft__process_chunk_refuse(weft__process_chunk *chunk, int code)
{
    chunk->refused = (size_t)chunk->head->start;
    chunk->code = code == WEFT_ECLOSED ? WEFT_ECANCELED : code; /* as what was queued there */
    snprintf(chunk->sentence, sizeof(chunk->sentence), "%s", weft_last_error());
}

static const char *result_at(const weft__process_chunk *chunk, size_t place)
{
    return (const char *)weft_shared_pointer(chunk->head->results) +
           place * chunk->kind.result_size;
}

bool weft__process_chunk_take_all(const weft__process_chunk *chunk, void *results)
{
    if (first_failure(chunk->head) || chunk->refused != SIZE_MAX ||
        weft_load_u32(&chunk->head->unknown, WEFT_ACQUIRE) != 0)
        return false;
    if (chunk->kind.result_size > 0 && !chunk->kind.results_there)
        memcpy(results, result_at(chunk, 0), chunk->head->count * chunk->kind.result_size);
    return true;
}

int weft__process_chunk_result(weft__process_chunk *chunk, size_t place, void *result, bool *died)
{
    const struct weft__chunk_failure *failure = first_failure(chunk->head);

    while (failure && failure->place < place) {
        drop_first_failure(chunk->head);
        failure = first_failure(chunk->head);
    }
    *died = false;
    if (failure && failure->place == place) {
        *died = failure->died != 0;
        return weft__fail(failure->code, "%s", failure->sentence);
    }
    if (place >= chunk->refused)
        return weft__fail(chunk->code, "%s", chunk->sentence);
    if (weft_load_u32(&chunk->head->unknown, WEFT_ACQUIRE) != 0)
        return weft__fail(WEFT_ENOMEM, "map: an item failed, and there was no memory to say "
                                       "which");
    if (result && chunk->kind.result_size > 0 && !chunk->kind.results_there)
        memcpy(result, result_at(chunk, place), chunk->kind.result_size);
    return 0;
}

static void destroy(weft__process_chunk *chunk)
{
    while (first_failure(chunk->head))
        drop_first_failure(chunk->head);
    weft_shared_free(chunk->at);
    weft_free(chunk);
}

static void destroy_when_done(weft_future *future, void *context)
{
    (void)future;
    destroy(context);
}

static bool is_lent(const weft__process_chunk *chunk)
{
    return chunk->kind.items_stay || chunk->kind.results_there;
}

void weft__process_chunk_abandon(weft__process_chunk *chunk, weft_future *future)
{
    if (!weft__future_withdraw(future))
        weft_store_u32(&chunk->head->abandoned, 1, WEFT_RELAXED);
}

void weft__process_chunk_interrupt(const weft__process_chunk *chunk, weft_future *future)
{
    if (is_lent(chunk) && !weft_future_done(future))
        (void)weft_future_interrupt(future); /* unless it gets done just now */
}

void weft__process_chunk_close(weft__process_chunk *chunk, weft_future *future)
{
    if (!chunk)
        return;
    if (future && !weft_future_done(future)) {
        if (!is_lent(chunk) && weft_future_on_done(future, destroy_when_done, chunk) == 0)
            return;
        weft__future_await_end(future);
    }
    destroy(chunk);
}
