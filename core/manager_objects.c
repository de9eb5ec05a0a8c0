/* SPDX-License-Identifier: MIT */
/* What a manager's server does for each request. One thread; no lock. */
#include "manager_objects.h"

#include <string.h>

#include "weft/memory.h"

struct weft__object {
    bool is_dict;
    weft__dict dict;
    weft__list list;
};

static int create(struct weft__objects *objects, struct weft__request *request)
{
    struct weft__object *object;

    if (objects->count == objects->room) {
        size_t room = objects->room > 0 ? objects->room * 2 : 16;
        struct weft__object **all = weft_alloc(room * sizeof(struct weft__object *));

        if (!all)
            return WEFT_ENOMEM;
        if (objects->count > 0)
            memcpy(all, objects->all, objects->count * sizeof(struct weft__object *));
        weft_free(objects->all);
        objects->all = all;
        objects->room = room;
    }
    object = weft_alloc(sizeof(*object));
    if (!object)
        return WEFT_ENOMEM;
    object->is_dict = request->operation == WEFT__DICT_NEW;
    objects->all[objects->count++] = object;
    request->count = objects->count;
    return 0;
}

static void destroy(struct weft__objects *objects, uint64_t number)
{
    weft__dict_clear(&objects->all[number - 1]->dict);
    weft__list_clear(&objects->all[number - 1]->list);
    weft_free(objects->all[number - 1]);
    objects->all[number - 1] = NULL;
}

/* Copies a value into the request, where key and value of the client were. */
static int give(struct weft__request *request, const weft__bytes *value)
{
    request->count = value->size;
    if (value->size > request->room || (request->exact && value->size != request->room))
        return WEFT_ETOOBIG;
    if (value->size > 0)
        memcpy(request->bytes, value->at, value->size);
    return 0;
}

/* Another value instead of the one that is there. */
static int replace(weft__bytes *value, const struct weft__request *request)
{
    weft__bytes copy;
    int err = weft__bytes_copy(&copy, request->bytes + request->key_size, (size_t)request->size);

    if (err != 0)
        return err;
    weft_free(value->at);
    *value = copy;
    return 0;
}

/* ---- copies of all there is -------------------------------------------------------- */

static char *append(char *place, const weft__bytes *key, const weft__bytes *value)
{
    struct weft__reply_item item = {.key_size = key ? key->size : 0, .size = value->size};

    memcpy(place, &item, sizeof(item));
    place += sizeof(item);
    if (item.key_size > 0)
        memcpy(place, key->at, (size_t)item.key_size);
    place += item.key_size;
    if (item.size > 0)
        memcpy(place, value->at, (size_t)item.size);
    return place + item.size;
}

static int dict_each(const weft__dict *dict, struct weft__request *request)
{
    size_t size = 0;
    char *place;

    for (size_t i = 0; i < dict->used; i++)
        if (dict->entries[i].key.at)
            size += sizeof(struct weft__reply_item) + dict->entries[i].key.size +
                    dict->entries[i].value.size;
    if (weft_shared_alloc(&request->reply, size) != 0)
        return WEFT_ENOMEM;
    request->count = dict->count;
    place = weft_shared_pointer(request->reply);
    for (size_t i = 0; i < dict->used; i++)
        if (dict->entries[i].key.at)
            place = append(place, &dict->entries[i].key, &dict->entries[i].value);
    return 0;
}

static int list_each(const weft__list *list, struct weft__request *request)
{
    size_t size = 0;
    char *place;

    for (size_t i = 0; i < list->count; i++)
        size += sizeof(struct weft__reply_item) + list->items[i].size;
    if (weft_shared_alloc(&request->reply, size) != 0)
        return WEFT_ENOMEM;
    request->count = list->count;
    place = weft_shared_pointer(request->reply);
    for (size_t i = 0; i < list->count; i++)
        place = append(place, NULL, &list->items[i]);
    return 0;
}

/* ---- dictionaries ------------------------------------------------------------------ */

static int set(weft__dict *dict, struct weft__request *request, struct weft__dict_entry *entry)
{
    request->count = entry ? 1 : 0;
    if (entry && request->operation == WEFT__DICT_ADD)
        return 0;
    if (entry)
        return replace(&entry->value, request);
    return weft__dict_add(dict, request->bytes, (size_t)request->key_size,
                          request->bytes + request->key_size, (size_t)request->size);
}

static int of_entry(weft__dict *dict, struct weft__request *request)
{
    struct weft__dict_entry *entry =
        weft__dict_find(dict, request->bytes, (size_t)request->key_size);
    int err = 0;

    if (request->operation == WEFT__DICT_SET || request->operation == WEFT__DICT_ADD)
        return set(dict, request, entry);
    if (!entry)
        return WEFT_ENOTFOUND;
    if (request->operation != WEFT__DICT_REMOVE)
        err = give(request, &entry->value);
    if (err == 0 && request->operation != WEFT__DICT_GET)
        weft__dict_remove(dict, entry);
    return err;
}

static int of_dict(weft__dict *dict, struct weft__request *request)
{
    switch (request->operation) {
    case WEFT__DICT_SIZE:
        request->count = dict->count;
        return 0;
    case WEFT__DICT_CLEAR:
        weft__dict_clear(dict);
        return 0;
    case WEFT__DICT_EACH:
        return dict_each(dict, request);
    default:
        return of_entry(dict, request);
    }
}

/* ---- lists ----------------------------------------------------------------------------- */

/* Python's index as a place; count: beyond the end, also before the beginning. */
static size_t place_of(const weft__list *list, int64_t index)
{
    int64_t count = (int64_t)list->count;

    if (index < 0)
        index += count;
    return index < 0 || index >= count ? list->count : (size_t)index;
}

/* As in Python: before the beginning is the beginning, beyond the end is the end. */
static int insert(weft__list *list, const struct weft__request *request)
{
    int64_t count = (int64_t)list->count;
    int64_t index = request->index < 0 ? request->index + count : request->index;

    if (index < 0)
        index = 0;
    if (index > count)
        index = count;
    return weft__list_insert(list, (size_t)index, request->bytes, (size_t)request->size);
}

static int of_item(weft__list *list, struct weft__request *request)
{
    size_t place = place_of(list, request->index);
    int err;

    if (place == list->count)
        return WEFT_ENOTFOUND;
    if (request->operation == WEFT__LIST_SET)
        return replace(&list->items[place], request);
    err = give(request, &list->items[place]);
    if (err == 0 && request->operation == WEFT__LIST_POP)
        weft__list_remove(list, place);
    return err;
}

static int of_list(weft__list *list, struct weft__request *request)
{
    switch (request->operation) {
    case WEFT__LIST_INSERT:
        return insert(list, request);
    case WEFT__LIST_SIZE:
        request->count = list->count;
        return 0;
    case WEFT__LIST_CLEAR:
        weft__list_clear(list);
        return 0;
    case WEFT__LIST_EACH:
        return list_each(list, request);
    default:
        return of_item(list, request);
    }
}

int weft__objects_carry_out(struct weft__objects *objects, struct weft__request *request)
{
    uint64_t number = request->object;
    struct weft__object *object;

    if (request->operation == WEFT__DICT_NEW || request->operation == WEFT__LIST_NEW)
        return create(objects, request);
    object = number >= 1 && number <= objects->count ? objects->all[number - 1] : NULL;
    if (!object)
        return WEFT_ECLOSED;
    if (request->operation == WEFT__DICT_CLOSE || request->operation == WEFT__LIST_CLOSE) {
        destroy(objects, number);
        return 0;
    }
    return object->is_dict ? of_dict(&object->dict, request) : of_list(&object->list, request);
}
