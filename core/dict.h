/* SPDX-License-Identifier: MIT */
#ifndef WEFT_DICT_H
#define WEFT_DICT_H

/*
 * A dictionary of bytes in the memory of one thread, in the order in which keys came; and
 * a list of them. What a manager's server keeps for its clients (weft/manager.h).
 */

#include <stddef.h>
#include <stdint.h>

/* A copy of some bytes: one block of weft_alloc(), or NULL for none. */
typedef struct weft__bytes {
    void *at;
    size_t size;
} weft__bytes;

/* 0; WEFT_ENOMEM. */
int weft__bytes_copy(weft__bytes *copy, const void *from, size_t size);

/* ---- dict.c ------------------------------------------------------------------------ */

struct weft__dict_entry {
    weft__bytes key; /* .at is NULL: removed */
    weft__bytes value;
    uint64_t hash;
};

/* All zero: empty. */
typedef struct weft__dict {
    struct weft__dict_entry *entries; /* in the order in which they came */
    size_t used, room;                /* entries, with removed ones; places for them */
    size_t count;                     /* that are there */
    uint32_t *places;                 /* a hash's entry + 1; 0: none; open addressing */
    size_t place_count;               /* a power of two, at least twice room */
} weft__dict;

/* NULL: there is no such key. Valid until the dictionary changes. */
struct weft__dict_entry *weft__dict_find(const weft__dict *dict, const void *key, size_t size);

/* Copies of both; the key must not be there. WEFT_ENOMEM: nothing has changed. */
int weft__dict_add(weft__dict *dict, const void *key, size_t key_size, const void *value,
                   size_t size);

void weft__dict_remove(weft__dict *dict, struct weft__dict_entry *entry);

/* Nothing is left in it, and no memory is held. */
void weft__dict_clear(weft__dict *dict);

/* ---- list.c ------------------------------------------------------------------------ */

typedef struct weft__list {
    weft__bytes *items;
    size_t count, room;
} weft__list;

/* A copy, before the item at `index`, at most count. WEFT_ENOMEM: nothing has changed. */
int weft__list_insert(weft__list *list, size_t index, const void *item, size_t size);
void weft__list_remove(weft__list *list, size_t index);
void weft__list_clear(weft__list *list);

#endif
