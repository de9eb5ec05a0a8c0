/* SPDX-License-Identifier: MIT */
#ifndef WEFT_FAULTS_FAMILY_H
#define WEFT_FAULTS_FAMILY_H

/* A process of this program with the workers of its pool, seen from outside. */

#include <stddef.h>
#include <stdint.h>

#include "weft/process.h"
#include "weft/time.h"

enum { FAMILY_WORKERS = 4 };

struct family {
    weft_process *parent;
    uint64_t workers[FAMILY_WORKERS];
};

/* Starts `word argument`, whose first output is family_tell(), in a group of its own. */
int family_start(struct family *family, const char *word, const char *argument);

/* When parent and workers were all gone; 0: they are not, though it is long ago. */
weft_time family_gone(const struct family *family);

/* What the parent wrote to its errors, as a number of lines, and how it ended; closes it. */
int family_end(struct family *family, weft_process_status *status);

/* In the parent: prints the numbers of the pool's workers in one line. */
struct weft_executor;
int family_tell(struct weft_executor *pool);

#endif
