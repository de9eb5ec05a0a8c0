/* SPDX-License-Identifier: MIT */
#ifndef WEFT_TESTS_SUPPORT_H
#define WEFT_TESTS_SUPPORT_H

/* Between main.c and check.c. */

void support_on_misuse(int code, const char *sentence);

#endif
