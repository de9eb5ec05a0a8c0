/* SPDX-License-Identifier: MIT */
/* The calls of a shared dictionary: each is one request to its manager's server. */
#include <string.h>

#include "manager.h"

/* The call for this dictionary, carried out. */
static int ask(weft_shared_dict dict, struct weft__call_of_manager *call, weft_time until)
{
    int err = 0;
    struct weft__managed *managed = weft__managed_find(dict.at, WEFT__DICT_MAGIC, &err);

    if (!managed)
        return err;
    call->object = managed->object;
    return weft__manager_call(managed->manager, call, until);
}

static size_t size_of(const void *bytes, size_t size)
{
    return size == WEFT_TEXT ? strlen(bytes) : size;
}

/* A call that takes a value out, or looks at it. */
static int fetch(weft_shared_dict dict, enum weft__operation operation, const void *key,
                 size_t key_size, void *value, size_t size, size_t *length, weft_time until)
{
    struct weft__call_of_manager call = {.operation = operation,
                                         .key = key,
                                         .key_size = size_of(key, key_size),
                                         .into = value,
                                         .room = size,
                                         .exact = !length};
    int err = ask(dict, &call, until);

    if (length && (err == 0 || err == WEFT_ETOOBIG))
        *length = (size_t)call.count;
    return err;
}

int weft_shared_dict_set(weft_shared_dict dict, const void *key, size_t key_size, const void *value,
                         size_t size, weft_time until)
{
    struct weft__call_of_manager call = {.operation = WEFT__DICT_SET,
                                         .key = key,
                                         .key_size = size_of(key, key_size),
                                         .value = value,
                                         .size = size_of(value, size)};

    return ask(dict, &call, until);
}

int weft_shared_dict_add(weft_shared_dict dict, const void *key, size_t key_size, const void *value,
                         size_t size, bool *there, weft_time until)
{
    struct weft__call_of_manager call = {.operation = WEFT__DICT_ADD,
                                         .key = key,
                                         .key_size = size_of(key, key_size),
                                         .value = value,
                                         .size = size_of(value, size)};
    int err = ask(dict, &call, until);

    if (err == 0 && there)
        *there = call.count != 0;
    return err;
}

int weft_shared_dict_get(weft_shared_dict dict, const void *key, size_t key_size, void *value,
                         size_t size, size_t *length, weft_time until)
{
    return fetch(dict, WEFT__DICT_GET, key, key_size, value, size, length, until);
}

int weft_shared_dict_pop(weft_shared_dict dict, const void *key, size_t key_size, void *value,
                         size_t size, size_t *length, weft_time until)
{
    return fetch(dict, WEFT__DICT_POP, key, key_size, value, size, length, until);
}

int weft_shared_dict_remove(weft_shared_dict dict, const void *key, size_t key_size,
                            weft_time until)
{
    struct weft__call_of_manager call = {
        .operation = WEFT__DICT_REMOVE, .key = key, .key_size = size_of(key, key_size)};

    return ask(dict, &call, until);
}

int weft_shared_dict_size(weft_shared_dict dict, size_t *count, weft_time until)
{
    struct weft__call_of_manager call = {.operation = WEFT__DICT_SIZE};
    int err = ask(dict, &call, until);

    if (err == 0)
        *count = (size_t)call.count;
    return err;
}

int weft_shared_dict_clear(weft_shared_dict dict, weft_time until)
{
    struct weft__call_of_manager call = {.operation = WEFT__DICT_CLEAR};

    return ask(dict, &call, until);
}

int weft_shared_dict_each(weft_shared_dict dict, weft_dict_visitor *visit, void *context,
                          weft_time until)
{
    struct weft__call_of_manager call = {.operation = WEFT__DICT_EACH};
    int err = ask(dict, &call, until);
    const char *place;
    bool more = true;

    if (err != 0)
        return err;
    place = weft_shared_pointer(call.reply);
    for (uint64_t i = 0; i < call.count && more; i++) {
        struct weft__reply_item item;

        memcpy(&item, place, sizeof(item));
        place += sizeof(item);
        more =
            visit(place, (size_t)item.key_size, place + item.key_size, (size_t)item.size, context);
        place += item.key_size + item.size;
    }
    weft_shared_free(call.reply);
    return 0;
}

weft_shared_mutex weft_shared_dict_lock(weft_shared_dict dict)
{
    return weft__managed_lock(dict.at, WEFT__DICT_MAGIC);
}

int weft_shared_dict_close(weft_shared_dict dict)
{
    return weft__managed_close(dict.at, WEFT__DICT_MAGIC, WEFT__DICT_CLOSE);
}
