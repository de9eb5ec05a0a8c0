/* SPDX-License-Identifier: MIT */
#ifndef WEFT_TESTS_CONVERSATION_H
#define WEFT_TESTS_CONVERSATION_H

/*
 * A program that runs while a test reads what it prints and types to it.
 *
 *     struct conversation c;
 *     converse(&c, arguments, OUTPUT_IS_READ);
 *     type_line(&c, "exit");
 *     CU_ASSERT_EQUAL(finish(&c), 0);
 *     ... c.text ...
 *
 * All of these assert that it goes well. After a failure the others are safe to call.
 */

#include <stdbool.h>
#include <stddef.h>

#include "weft/process.h"

enum { CONVERSATION_TEXT = 65536 };

struct conversation {
    weft_process *process;        /* NULL: it did not start, or is finished */
    int (*read)(weft_process *process, void *buffer, size_t size, size_t *length, weft_time until);
    char text[CONVERSATION_TEXT]; /* all that it printed so far, without "\r" */
    size_t length;
    bool ended; /* no more will come */
};

enum what_is_read {
    OUTPUT_IS_READ,  /* errors are seen by who sees the test's */
    ERRORS_ARE_READ, /* output is seen by nobody */
    BOTH_ARE_READ    /* in the order in which they come */
};

/* Starts it; its input is what the test types. */
void converse(struct conversation *c, const char *const *arguments, enum what_is_read what);

/* What it prints from offset `from` on will contain `wanted`. */
bool await_text(struct conversation *c, size_t from, const char *wanted);

/* The N of the line "port N" that it prints first; 0: failed. */
int await_port(struct conversation *c);

void type_line(struct conversation *c, const char *line);

/* It gets no more input, all its text is there, and it has ended: its exit code, or -1.
 * What does not end is ended. */
int finish(struct conversation *c);

/* Ends it by force: for servers that serve for ever. */
void hang_up(struct conversation *c);

#endif
