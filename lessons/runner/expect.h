/* SPDX-License-Identifier: MIT */
#ifndef WEFT_RUNNER_EXPECT_H
#define WEFT_RUNNER_EXPECT_H

#include <stdbool.h>

#include "run.h"

/* Whether the text is what the run's lesson prints (catalogue.h). `in_order`:
 * `before` and `after` are where they belong, which threads that hardly sleep
 * cannot promise. */
bool expect_printed(struct run *run, const char *text, bool in_order);

/* Whether the text is exactly this. */
bool expect_text(struct run *run, const char *who, const char *text,
                 const char *expected);

#endif
