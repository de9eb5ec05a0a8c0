/* SPDX-License-Identifier: MIT */
#ifndef WEFT_TERMINAL_H
#define WEFT_TERMINAL_H

/* Which encoding a terminal has: posix/terminal.c. */

#include "weft/codec.h"

/* What is to be written to the descriptor, or is read from it: the encoding that the
 * locale names if it is a terminal; UTF-8 for files and pipes. */
enum weft_encoding weft__terminal_encoding(int descriptor);

#endif
