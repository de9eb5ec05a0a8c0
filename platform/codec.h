/* SPDX-License-Identifier: MIT */
#ifndef WEFT_PLATFORM_CODEC_H
#define WEFT_PLATFORM_CODEC_H

/* Encodings, one character at a time: portable/codec_step.c and the tables behind it. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "weft/codec.h"

enum {
    WEFT__CODE_LONGEST = 4, /* bytes of a character, in each encoding */
    WEFT__FIRST_LEAD = 0x81,
    WEFT__LAST_LEAD = 0xFE,
    WEFT__FIRST_TRAIL = 0x40,
    WEFT__LAST_TRAIL = 0xFE,
    WEFT__NO_TRAIL = 0x7F, /* between them, but never used */
    WEFT__LEADS = WEFT__LAST_LEAD - WEFT__FIRST_LEAD + 1,
    WEFT__TRAILS = WEFT__LAST_TRAIL - WEFT__FIRST_TRAIL + 1
};

/* What weft__code_next() says of bytes that are no character. */
#define WEFT__CODE_BAD UINT32_MAX

/* Characters of two bytes; 0: none. Written once, before anybody reads. */
struct weft__pairs {
    uint16_t scalars[WEFT__LEADS][WEFT__TRAILS]; /* by lead and trail byte */
    uint16_t pairs[0x10000];                     /* by scalar: lead << 8 | trail */
};

/* The tables are there. WEFT_ENOTSUP: the system has no GBK. */
int weft__gbk_ready(const struct weft__pairs **table);
int weft__gb18030_ready(const struct weft__pairs **table);

/* Of the characters of four bytes, by their number in the order of bytes: U+FFFF at most.
 * After weft__gb18030_ready(). 0: none. */
uint32_t weft__gb18030_scalar(uint32_t number);
bool weft__gb18030_number(uint32_t scalar, uint32_t *number);

/* One encoding, ready to use. */
struct weft__code {
    enum weft_encoding encoding;
    const char *name;
    const struct weft__pairs *table; /* NULL: needs none */
};

int weft__code_open(struct weft__code *code, enum weft_encoding encoding,
                    enum weft_text_errors errors);

/* What `length` bytes, at least 1, begin with: the character and how many bytes it
 * takes; WEFT__CODE_BAD and how many bytes are bad together; 0: they are all the
 * beginning of a character. */
size_t weft__code_next(const struct weft__code *code, const unsigned char *bytes, size_t length,
                       uint32_t *scalar);

/* The character's bytes; how many, 0: the encoding has no such character. */
size_t weft__code_put(const struct weft__code *code, uint32_t scalar,
                      unsigned char bytes[WEFT__CODE_LONGEST]);

#endif
