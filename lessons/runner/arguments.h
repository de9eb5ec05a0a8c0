/* SPDX-License-Identifier: MIT */
#ifndef WEFT_RUNNER_ARGUMENTS_H
#define WEFT_RUNNER_ARGUMENTS_H

/* What the command line asks for. */

#include <stdbool.h>

#include <weft/time.h>

#include "catalogue.h"

enum command { COMMAND_LIST, COMMAND_RUN, COMMAND_EXPLAIN, COMMAND_HELP };

enum pace {
    PACE_USUAL, /* a lesson that takes half a minute is made shorter */
    PACE_FAST,  /* lessons hardly sleep */
    PACE_COURSE /* they sleep as long as in the course */
};

struct arguments {
    enum command command;
    const struct lesson
        *chosen[LESSON_COUNT]; /* in the order of their numbers */
    int count;
    enum pace pace;
    weft_time limit; /* that one lesson may take */
    const char *url; /* NULL: the runner's own server */
};

/* What is wrong is one line on standard error; false then. */
bool read_arguments(struct arguments *arguments, char **argv);

#endif
