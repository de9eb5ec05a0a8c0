/* SPDX-License-Identifier: MIT */
/*
 * A hash table that keeps the order of its keys: the entries stand in an array, and a table
 * of numbers, addressed openly, finds them by their hash. Removing leaves a gap in the array
 * and the number in the table; when half of the array is gaps, or it is full, both are made
 * anew. Hashes are FNV-1a, mixed once more.
 */
#include "dict.h"

#include <string.h>

#include "weft/error.h"
#include "weft/memory.h"

enum { FIRST_ROOM = 8 };

int weft__bytes_copy(weft__bytes *copy, const void *from, size_t size)
{
    void *at = weft_alloc(size);

    if (!at)
        return WEFT_ENOMEM;
    if (size > 0)
        memcpy(at, from, size);
    *copy = (weft__bytes){at, size};
    return 0;
}

static uint64_t hash_of(const void *key, size_t size)
{
    const unsigned char *bytes = key;
    uint64_t hash = 0xCBF29CE484222325u;

    for (size_t i = 0; i < size; i++)
        hash = (hash ^ bytes[i]) * 0x100000001B3u;
    hash ^= hash >> 32;
    return hash * 0x9E3779B97F4A7C15u;
}

/* The first place for this hash; the next ones follow it. */
static size_t first_place(const weft__dict *dict, uint64_t hash)
{
    return (size_t)(hash >> 32) & (dict->place_count - 1);
}

static void enter(weft__dict *dict, size_t index)
{
    size_t place = first_place(dict, dict->entries[index].hash);

    while (dict->places[place] != 0)
        place = (place + 1) & (dict->place_count - 1);
    dict->places[place] = (uint32_t)index + 1;
}

struct weft__dict_entry *weft__dict_find(const weft__dict *dict, const void *key, size_t size)
{
    uint64_t hash = hash_of(key, size);

    if (dict->count == 0)
        return NULL;
    for (size_t place = first_place(dict, hash); dict->places[place] != 0;
         place = (place + 1) & (dict->place_count - 1)) {
        struct weft__dict_entry *entry = &dict->entries[dict->places[place] - 1];

        if (entry->key.at && entry->hash == hash && entry->key.size == size &&
            memcmp(entry->key.at, key, size) == 0)
            return entry;
    }
    return NULL;
}

/* New arrays with room for twice what is there, without gaps. */
static int rebuild(weft__dict *dict)
{
    weft__dict made = {.count = dict->count, .room = FIRST_ROOM};

    while (made.room < dict->count * 2)
        made.room *= 2;
    made.place_count = made.room * 2;
    if (made.room > UINT32_MAX / 4)
        return WEFT_ENOMEM;
    made.entries = weft_alloc(made.room * sizeof(*made.entries));
    made.places = weft_alloc(made.place_count * sizeof(*made.places));
    if (!made.entries || !made.places) {
        weft_free(made.entries);
        weft_free(made.places);
        return WEFT_ENOMEM;
    }
    for (size_t i = 0; i < dict->used; i++)
        if (dict->entries[i].key.at) {
            made.entries[made.used] = dict->entries[i];
            enter(&made, made.used++);
        }
    weft_free(dict->entries);
    weft_free(dict->places);
    *dict = made;
    return 0;
}

int weft__dict_add(weft__dict *dict, const void *key, size_t key_size, const void *value,
                   size_t size)
{
    struct weft__dict_entry entry = {.hash = hash_of(key, key_size)};
    int err = 0;

    if (dict->used == dict->room)
        err = rebuild(dict);
    if (err == 0)
        err = weft__bytes_copy(&entry.key, key, key_size);
    if (err == 0)
        err = weft__bytes_copy(&entry.value, value, size);
    if (err != 0) {
        weft_free(entry.key.at);
        return err;
    }
    dict->entries[dict->used] = entry;
    enter(dict, dict->used++);
    dict->count++;
    return 0;
}

void weft__dict_remove(weft__dict *dict, struct weft__dict_entry *entry)
{
    weft_free(entry->key.at);
    weft_free(entry->value.at);
    entry->key.at = entry->value.at = NULL;
    dict->count--;
    if (dict->used > FIRST_ROOM && dict->count * 2 < dict->used)
        (void)rebuild(dict); /* without memory for it, the gaps stay */
}

void weft__dict_clear(weft__dict *dict)
{
    for (size_t i = 0; i < dict->used; i++) {
        weft_free(dict->entries[i].key.at);
        weft_free(dict->entries[i].value.at);
    }
    weft_free(dict->entries);
    weft_free(dict->places);
    *dict = (weft__dict){0};
}
