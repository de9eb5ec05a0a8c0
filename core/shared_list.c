/* SPDX-License-Identifier: MIT */
/* The calls of a shared list: each is one request to its manager's server. */
#include <string.h>

#include "manager.h"

/* The call for this list, carried out. */
static int ask(weft_shared_list list, struct weft__call_of_manager *call, weft_time until)
{
    int err = 0;
    struct weft__managed *managed = weft__managed_find(list.at, WEFT__LIST_MAGIC, &err);

    if (!managed)
        return err;
    call->object = managed->object;
    return weft__manager_call(managed->manager, call, until);
}

/* A call that sends an item. */
static int send(weft_shared_list list, enum weft__operation operation, int64_t index,
                const void *item, size_t size, weft_time until)
{
    struct weft__call_of_manager call = {.operation = operation,
                                         .index = index,
                                         .value = item,
                                         .size = size == WEFT_TEXT ? strlen(item) : size};

    return ask(list, &call, until);
}

/* A call that gets one. */
static int fetch(weft_shared_list list, enum weft__operation operation, int64_t index, void *item,
                 size_t size, size_t *length, weft_time until)
{
    struct weft__call_of_manager call = {
        .operation = operation, .index = index, .into = item, .room = size, .exact = !length};
    int err = ask(list, &call, until);

    if (length && (err == 0 || err == WEFT_ETOOBIG))
        *length = (size_t)call.count;
    return err;
}

int weft_shared_list_append(weft_shared_list list, const void *item, size_t size, weft_time until)
{
    return send(list, WEFT__LIST_INSERT, INT64_MAX, item, size, until);
}

int weft_shared_list_insert(weft_shared_list list, int64_t index, const void *item, size_t size,
                            weft_time until)
{
    return send(list, WEFT__LIST_INSERT, index, item, size, until);
}

int weft_shared_list_set(weft_shared_list list, int64_t index, const void *item, size_t size,
                         weft_time until)
{
    return send(list, WEFT__LIST_SET, index, item, size, until);
}

int weft_shared_list_get(weft_shared_list list, int64_t index, void *item, size_t size,
                         size_t *length, weft_time until)
{
    return fetch(list, WEFT__LIST_GET, index, item, size, length, until);
}

int weft_shared_list_pop(weft_shared_list list, int64_t index, void *item, size_t size,
                         size_t *length, weft_time until)
{
    return fetch(list, WEFT__LIST_POP, index, item, size, length, until);
}

int weft_shared_list_size(weft_shared_list list, size_t *count, weft_time until)
{
    struct weft__call_of_manager call = {.operation = WEFT__LIST_SIZE};
    int err = ask(list, &call, until);

    if (err == 0)
        *count = (size_t)call.count;
    return err;
}

int weft_shared_list_clear(weft_shared_list list, weft_time until)
{
    struct weft__call_of_manager call = {.operation = WEFT__LIST_CLEAR};

    return ask(list, &call, until);
}

int weft_shared_list_each(weft_shared_list list, weft_list_visitor *visit, void *context,
                          weft_time until)
{
    struct weft__call_of_manager call = {.operation = WEFT__LIST_EACH};
    int err = ask(list, &call, until);
    const char *place;
    bool more = true;

    if (err != 0)
        return err;
    place = weft_shared_pointer(call.reply);
    for (uint64_t i = 0; i < call.count && more; i++) {
        struct weft__reply_item item;

        memcpy(&item, place, sizeof(item));
        place += sizeof(item);
        more = visit((size_t)i, place, (size_t)item.size, context);
        place += item.size;
    }
    weft_shared_free(call.reply);
    return 0;
}

weft_shared_mutex weft_shared_list_lock(weft_shared_list list)
{
    return weft__managed_lock(list.at, WEFT__LIST_MAGIC);
}

int weft_shared_list_close(weft_shared_list list)
{
    return weft__managed_close(list.at, WEFT__LIST_MAGIC, WEFT__LIST_CLOSE);
}
