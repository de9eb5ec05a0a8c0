/* SPDX-License-Identifier: MIT */
#ifndef WEFT_MANAGER_OBJECTS_H
#define WEFT_MANAGER_OBJECTS_H

/* The objects of a manager's server, and what each operation does to them. */

#include "dict.h"
#include "manager.h"

struct weft__object;

/* All zero: none. An object's number is its place + 1, and never used again. */
struct weft__objects {
    struct weft__object **all; /* NULL: closed */
    size_t count, room;
};

/* Does what the request asks, and fills its reply; the code for the client. An error has
 * changed nothing. */
int weft__objects_carry_out(struct weft__objects *objects, struct weft__request *request);

#endif
