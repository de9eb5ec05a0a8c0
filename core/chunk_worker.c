/* SPDX-License-Identifier: MIT */
/* A chunk of a map in a worker process. See process_chunk.h. */
#include <stdio.h>

#include "chunk_item.h"
#include "process_chunk.h"
#include "weft/atomic.h"
#include "weft/cancel.h"

/* The failure that nothing follows; NULL: there is none. */
static struct weft__chunk_failure *last_of(struct weft__chunk_head *head)
{
    weft_offset at = weft_load_u64(&head->last_failure, WEFT_ACQUIRE);
    struct weft__chunk_failure *failure = NULL;

    if (at == 0)
        at = weft_load_u64(&head->first_failure, WEFT_ACQUIRE);
    while (at != 0) {
        failure = weft_shared_pointer(at);
        at = weft_load_u64(&failure->next, WEFT_ACQUIRE);
    }
    return failure;
}

void weft__chunk_note(struct weft__chunk_head *head, uint64_t place, int code, bool died,
                      const char *sentence)
{
    struct weft__chunk_failure *last = last_of(head), *failure;
    weft_offset at;

    if (weft_shared_alloc(&at, sizeof(*failure)) != 0) {
        weft_store_u32(&head->unknown, 1, WEFT_RELEASE);
        return;
    }
    failure = weft_shared_pointer(at);
    failure->place = place;
    failure->code = code;
    failure->died = died;
    snprintf(failure->sentence, sizeof(failure->sentence), "%s", sentence);
    weft_store_u64(last ? &last->next : &head->first_failure, at, WEFT_RELEASE);
    weft_store_u64(&head->last_failure, at, WEFT_RELEASE);
}

/* The items one after the other; 0, or WEFT_ECANCELED: the rest was not begun. */
static int run_items(struct weft__chunk_head *head, struct weft__items *items)
{
    const char *first = weft_shared_pointer(head->items);
    char *results = weft_shared_pointer(head->results);

    for (uint64_t i = head->start; i < head->count; i++) {
        char *place = results ? results + i * head->result_size : NULL;
        int code = weft_cancel_check();

        if (code != 0)
            return code;
        if (weft_load_u32(&head->abandoned, WEFT_RELAXED) != 0)
            return weft__fail(WEFT_ECANCELED, "cancelled before it began");
        code = weft__items_run(items, first ? first + i * head->item_size : NULL, place);
        if (code != 0)
            weft__chunk_note(head, i, code, false, items->task.sentence);
        weft_store_u64(&head->progress, i + 1, WEFT_RELEASE);
    }
    return 0;
}

int weft__process_chunk_run(weft_task *task)
{
    struct weft__chunk_head *head = weft_shared_pointer(WEFT_ARG(task, weft_offset));
    weft_function *function;
    struct weft__items items;
    int err = weft__function_find(head->function, &function);

    if (err != 0)
        return err;
    weft__items_init(&items, function, (size_t)head->item_size, (size_t)head->result_size,
                     weft_task_name(task));
    err = run_items(head, &items);
    weft__items_done(&items);
    return err;
}
