/* SPDX-License-Identifier: MIT */
#ifndef WEFT_ARGUMENTS_H
#define WEFT_ARGUMENTS_H

/* This program's arguments in UTF-8, the last of the array NULL. Both live for ever.
 * WEFT_ENOMEM. */
int weft__arguments(int *argc, char ***argv);

#endif
