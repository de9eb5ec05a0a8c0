/* SPDX-License-Identifier: MIT */
/*
 * A binary heap of linked nodes (as in libuv's heap-inl.h): an array would have to grow,
 * and a call that is embedded in its owner must not fail for want of memory.
 *
 * Places are numbered as in an array: the root is 1, the children of n are 2n and 2n + 1,
 * and all places from 1 to `count` are taken. So the bits of a number below its leading
 * one are the way to its place. An entry knows its parent and children: it can be taken
 * out wherever it is.
 */
#include "timer_heap.h"

bool weft__timer_before(const weft__timer_entry *a, const weft__timer_entry *b)
{
    return a->at != b->at ? a->at < b->at : a->number < b->number;
}

/* Where the pointer to the entry is kept. */
static weft__timer_entry **link_to(weft__timer_heap *heap, const weft__timer_entry *entry)
{
    weft__timer_entry *parent = entry->parent;

    if (!parent)
        return &heap->root;
    return &parent->children[parent->children[1] == entry];
}

/* Where the pointer to the n-th place is kept; *parent becomes the one above it. */
static weft__timer_entry **place(weft__timer_heap *heap, size_t n, weft__timer_entry **parent)
{
    weft__timer_entry **link = &heap->root;
    size_t bit = 1;

    while (bit <= n / 2)
        bit *= 2;
    *parent = NULL;
    for (bit /= 2; bit > 0; bit /= 2) {
        *parent = *link;
        link = &(*link)->children[(n & bit) != 0];
    }
    return link;
}

static void adopt(weft__timer_entry *parent, int side, weft__timer_entry *child)
{
    parent->children[side] = child;
    if (child)
        child->parent = parent;
}

static void swap_with_parent(weft__timer_heap *heap, weft__timer_entry *child)
{
    weft__timer_entry *parent = child->parent;
    weft__timer_entry *below[2] = {child->children[0], child->children[1]};
    int side = parent->children[1] == child;
    weft__timer_entry *sibling = parent->children[!side];

    *link_to(heap, parent) = child;
    child->parent = parent->parent;
    adopt(child, side, parent);
    adopt(child, !side, sibling);
    adopt(parent, 0, below[0]);
    adopt(parent, 1, below[1]);
}

static void rise(weft__timer_heap *heap, weft__timer_entry *entry)
{
    while (entry->parent && weft__timer_before(entry, entry->parent))
        swap_with_parent(heap, entry);
}

static void sink(weft__timer_heap *heap, weft__timer_entry *entry)
{
    for (;;) {
        weft__timer_entry *first = entry;

        for (int side = 0; side < 2; side++)
            if (entry->children[side] && weft__timer_before(entry->children[side], first))
                first = entry->children[side];
        if (first == entry)
            return;
        swap_with_parent(heap, first);
    }
}

void weft__timer_heap_add(weft__timer_heap *heap, weft__timer_entry *entry)
{
    weft__timer_entry *parent;
    weft__timer_entry **link = place(heap, ++heap->count, &parent);

    *link = entry;
    entry->parent = parent;
    entry->children[0] = NULL;
    entry->children[1] = NULL;
    entry->armed = true;
    rise(heap, entry);
}

void weft__timer_heap_remove(weft__timer_heap *heap, weft__timer_entry *entry)
{
    weft__timer_entry *parent;
    weft__timer_entry **link = place(heap, heap->count--, &parent);
    weft__timer_entry *last = *link;

    *link = NULL;
    if (last != entry) { /* it takes the place, and goes where it belongs */
        *link_to(heap, entry) = last;
        last->parent = entry->parent;
        adopt(last, 0, entry->children[0]);
        adopt(last, 1, entry->children[1]);
        rise(heap, last);
        sink(heap, last);
    }
    entry->parent = NULL;
    entry->armed = false;
}
