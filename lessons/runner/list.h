/* SPDX-License-Identifier: MIT */
#ifndef WEFT_RUNNER_LIST_H
#define WEFT_RUNNER_LIST_H

#include "arguments.h"

/* Commands that only print; each returns main's exit code. */
int list_lessons(void);
int explain_lessons(const struct arguments *arguments);

#endif
