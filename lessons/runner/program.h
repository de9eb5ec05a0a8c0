/* SPDX-License-Identifier: MIT */
#ifndef WEFT_RUNNER_PROGRAM_H
#define WEFT_RUNNER_PROGRAM_H

/*
 * One program of a lesson: it is started, what it prints is kept and shown
 * while it comes, what is typed is shown too.
 *
 * All of it ends at the run's deadline: a program that still runs then is
 * ended, and the run has failed with that reason. Functions that return false
 * have failed the run.
 */

#include <stdbool.h>
#include <stddef.h>

#include "run.h"

struct program {
    weft_process *process; /* NULL: not started */
    const char *name;      /* "lesson-03-thousand-threads" */
    const char *who;       /* in front of its lines, when several run */
    char *text;            /* all it printed, with a terminating zero */
    size_t length, capacity;
    size_t shown;   /* bytes of it that have been shown or counted */
    int lines;      /* of those */
    int hidden;     /* of those: counted only */
    weft_time told; /* when something was shown last */
};

/* The run will find its programs where this one is. Once, from main(). */
void programs_begin(const char *program);

/* `name` and `options` (the last one NULL) must live as long as the program;
 * "--help" for itself. Of its input there is nothing, unless `typed`. */
bool program_start(struct run *run, struct program *program, const char *name,
                   const char *who, const char *const *options, bool typed);

/* What it printed from offset `from` on contains `wanted`. */
bool program_await(struct run *run, struct program *program, size_t from,
                   const char *wanted);

/* The line "port N", which it prints first. */
bool program_port(struct run *run, struct program *program, int *port);

/* Types a line. */
bool program_type(struct run *run, struct program *program, const char *line);

/* It has ended by itself, with 0, and all it printed has been shown. */
bool program_finish(struct run *run, struct program *program);

/* It is gone, by force if need be. Safe for a zeroed one. */
void program_close(struct program *program);

#endif
