/* SPDX-License-Identifier: MIT */
/*
 * UTF-8 as RFC 3629 defines it: no overlong forms, no surrogates, nothing above
 * U+10FFFF.
 *
 * Which second bytes are allowed depends on the first; all later ones are 80 to BF.
 * So one function knows size and range, and everything else follows.
 */
#include "utf8.h"

#include <string.h>

#include "weft/text.h"

/* The range that the second byte must be in. */
struct range {
    unsigned char low;
    unsigned char high;
};

/* Bytes of a character that begins with `first`, 0 if none does. */
static size_t size_of(unsigned char first, struct range *second)
{
    second->low = (unsigned char)(first == 0xE0 ? 0xA0 : first == 0xF0 ? 0x90 : 0x80);
    second->high = (unsigned char)(first == 0xED ? 0x9F : first == 0xF4 ? 0x8F : 0xBF);
    if (first < 0x80)
        return 1;
    if (first < 0xC2 || first > 0xF4)
        return 0;
    return first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
}

/* How many of the bytes, `size` at most, fit together from the first on. */
static size_t fitting(const unsigned char *bytes, size_t length, size_t size, struct range range)
{
    size_t fit = 1;

    while (fit < size && fit < length && bytes[fit] >= range.low && bytes[fit] <= range.high) {
        range = (struct range){0x80, 0xBF};
        fit++;
    }
    return fit;
}

size_t weft__utf8_next(const char *text, size_t length, uint32_t *scalar)
{
    static const unsigned char bits_of_first[] = {0, 0x7F, 0x1F, 0x0F, 0x07};
    const unsigned char *bytes = (const unsigned char *)text;
    struct range second;
    size_t size = size_of(bytes[0], &second);

    if (size == 0 || fitting(bytes, length, size, second) < size) {
        *scalar = WEFT__UTF8_BAD;
        return 1;
    }
    *scalar = bytes[0] & bits_of_first[size];
    for (size_t i = 1; i < size; i++)
        *scalar = *scalar << 6 | (bytes[i] & 0x3Fu);
    return size;
}

bool weft__utf8_is_beginning(const char *text, size_t length)
{
    const unsigned char *bytes = (const unsigned char *)text;
    struct range second;
    size_t size = length == 0 ? 0 : size_of(bytes[0], &second);

    return length < size && fitting(bytes, length, size, second) == length;
}

size_t weft__utf8_fit(const char *text, size_t most)
{
    size_t length = strlen(text), fit = 0, size;
    uint32_t scalar;

    for (; fit < length; fit += size) {
        size = weft__utf8_next(text + fit, length - fit, &scalar);
        if (fit + size > most)
            break;
    }
    return fit;
}

size_t weft__utf8_whole(const char *text, size_t length)
{
    for (size_t cut = 1; cut < WEFT__UTF8_LONGEST && cut < length; cut++)
        if (weft__utf8_is_beginning(text + length - cut, cut))
            return length - cut;
    return length;
}

size_t weft__utf8_put(uint32_t scalar, char bytes[WEFT__UTF8_LONGEST])
{
    size_t size = scalar < 0x80 ? 1 : scalar < 0x800 ? 2 : scalar < 0x10000 ? 3 : 4;
    static const unsigned char mark_of_first[] = {0, 0x00, 0xC0, 0xE0, 0xF0};

    for (size_t i = size - 1; i > 0; i--) {
        bytes[i] = (char)(0x80 | (scalar & 0x3F));
        scalar >>= 6;
    }
    bytes[0] = (char)(mark_of_first[size] | scalar);
    return size;
}

bool weft_text_is_utf8(const char *text, size_t length)
{
    uint32_t scalar = 0;

    for (size_t at = 0; at < length && scalar != WEFT__UTF8_BAD;)
        at += weft__utf8_next(text + at, length - at, &scalar);
    return scalar != WEFT__UTF8_BAD;
}
