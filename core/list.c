/* SPDX-License-Identifier: MIT */
/* A list of bytes: an array of copies, twice as large whenever it is full. */
#include <string.h>

#include "dict.h"
#include "weft/error.h"
#include "weft/memory.h"

enum { FIRST_ROOM = 8 };

static int grow(weft__list *list)
{
    size_t room = list->room > 0 ? list->room * 2 : FIRST_ROOM;
    weft__bytes *items;

    if (room > SIZE_MAX / 2 / sizeof(*items))
        return WEFT_ENOMEM;
    items = weft_alloc(room * sizeof(*items));
    if (!items)
        return WEFT_ENOMEM;
    if (list->count > 0)
        memcpy(items, list->items, list->count * sizeof(*items));
    weft_free(list->items);
    list->items = items;
    list->room = room;
    return 0;
}

int weft__list_insert(weft__list *list, size_t index, const void *item, size_t size)
{
    weft__bytes copy;
    int err = list->count == list->room ? grow(list) : 0;

    if (err == 0)
        err = weft__bytes_copy(&copy, item, size);
    if (err != 0)
        return err;
    memmove(list->items + index + 1, list->items + index,
            (list->count - index) * sizeof(*list->items));
    list->items[index] = copy;
    list->count++;
    return 0;
}

void weft__list_remove(weft__list *list, size_t index)
{
    weft_free(list->items[index].at);
    list->count--;
    memmove(list->items + index, list->items + index + 1,
            (list->count - index) * sizeof(*list->items));
}

void weft__list_clear(weft__list *list)
{
    for (size_t i = 0; i < list->count; i++)
        weft_free(list->items[i].at);
    weft_free(list->items);
    *list = (weft__list){0};
}
