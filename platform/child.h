/* SPDX-License-Identifier: MIT */
#ifndef WEFT_CHILD_H
#define WEFT_CHILD_H

/* What a parent leaves in the arena for a child, and the child for its parent. */

#include <stdbool.h>
#include <stdint.h>

#include "internal.h"

/*
 * Behind the block follow the argument, the name, and for each thing that is handed over
 * a letter and its name; names end in 0.
 *
 * The first three fields stay where they are for ever: a child that is another build of
 * the program than its parent reads the first one, and tells so in the other two.
 */
struct weft__child_block {
    uint64_t program;            /* weft_seam_module_identity() of it */
    int32_t error;               /* these two are the child's, written before it exits; the */
    char sentence[256];          /* parent reads them after it has */
    uint64_t heirs;              /* how many things are handed over; these three and the first */
    weft__function_ref function; /* one are the parent's, written before the start */
    uint64_t size;               /* of the argument */
};

_Static_assert(sizeof(struct weft__child_block) % 16 == 0, "the argument is aligned for any type");

enum { WEFT__HEIR_FILE = 'f', WEFT__HEIR_SOCKET = 's' };

/* Whether weft_main() has run: without it, a child would run main() again. */
bool weft__main_called(void);

/* The hexadecimal number that *text begins with; *text is behind it then. strtoull() would
 * cost each child some us: it is the first use of its part of the C library. */
uint64_t weft__parse_hex(const char **text);

/* heir.c: from now on weft_process_file() and _socket() know what the texts name. */
void weft__heirs_begin(const char *texts, uint32_t count);

#endif
