/* SPDX-License-Identifier: MIT */
#ifndef WEFT_RUNNER_CATALOGUE_H
#define WEFT_RUNNER_CATALOGUE_H

/* The lessons: what they are called, how they run, what they print. */

#include <stdbool.h>

#include "words.h"

enum { LESSON_COUNT = 25 };

struct run;

/* What a program prints: the line `before`, then `count` items in any order,
 * then the line `after`. An item is `prefix`, a number, `suffix`; the numbers
 * begin with `first`, and each comes once. Or the items are `lines`. */
struct printed {
    const char *before, *after; /* NULL: no such line */
    const char *prefix, *suffix;
    const char *const *lines; /* `count` of them; NULL: prefix and so on */
    int first, count;
    bool alike;   /* all items are the prefix, without a number */
    bool pids;    /* an item ends in one more number, each time another */
    bool workers; /* one last line: how many workers there are by default */
};

struct lesson {
    int number;
    const char *name;   /* of its folder; its program is lesson-<name> */
    const char *python; /* what it is about, as Python calls it */
    struct words idea;
    const char *course_seconds;   /* that it sleeps; NULL: no --seconds */
    const char *usual_seconds;    /* that it sleeps here, unless told */
    bool fetches;                 /* takes --url */
    const char *crowd;            /* option: how many at once; NULL: few */
    struct words seen;            /* in a run that passed */
    struct printed printed;       /* by lessons of one program */
    bool (*run)(struct run *run); /* false: it failed, and the run knows why */
};

extern const struct lesson lessons[LESSON_COUNT];

/* By number ("3", "03") or name ("03-thousand-threads"); NULL: there is none.
 */
const struct lesson *find_lesson(const char *text);

#endif
