/* SPDX-License-Identifier: MIT */
#ifndef WEFT_RUNNER_SCREEN_H
#define WEFT_RUNNER_SCREEN_H

/* What the user sees of a lesson's programs. */

#include "program.h"

/* How it is started, as one would type it. */
void screen_command(const struct program *program, const char *const *options);

/* The complete lines that have come since the last call, or their number. */
void screen_lines(struct program *program);

/* What was left out before, as far as it is shown, and a line without end. */
void screen_rest(struct program *program);

/* What is typed, behind the prompt if there is one. */
void screen_typed(struct program *program, const char *line);

#endif
