/* SPDX-License-Identifier: MIT */
#ifndef WEFT_UTF8_H
#define WEFT_UTF8_H

/* UTF-8, one character or one bad byte at a time: portable/utf8.c. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    WEFT__UTF8_LONGEST = 4,         /* bytes of a character, at most */
    WEFT__UTF8_REPLACEMENT = 0xFFFD /* shown in place of what is bad */
};

/* What weft__utf8_next() says of a byte that belongs to no character. */
#define WEFT__UTF8_BAD UINT32_MAX

/* The first character of `length` bytes, at least 1: *scalar, and how many bytes it
 * takes. A byte that begins no well-formed character: WEFT__UTF8_BAD, and 1. */
size_t weft__utf8_next(const char *text, size_t length, uint32_t *scalar);

/* Whether all these bytes are the beginning of a character whose end is not there. */
bool weft__utf8_is_beginning(const char *text, size_t length);

/* How many of the text's bytes, `most` at most, are whole characters. */
size_t weft__utf8_fit(const char *text, size_t most);

/* How many of the bytes there are without the beginning of a character at their end,
 * unless there is nothing else. */
size_t weft__utf8_whole(const char *text, size_t length);

/* Writes a scalar's 1 to 4 bytes; how many. */
size_t weft__utf8_put(uint32_t scalar, char bytes[WEFT__UTF8_LONGEST]);

#endif
