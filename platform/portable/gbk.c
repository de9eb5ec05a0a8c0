/* SPDX-License-Identifier: MIT */
/*
 * GBK, the same on every system: which pairs of bytes are characters is written
 * down here, which characters they are is the system's knowledge, except for the
 * few that systems disagree about.
 *
 * Two tables are filled at the first call, under `once`, and only read after it.
 * They are static because they live as long as the process: from weft_alloc()
 * they would keep weft_set_allocator() from ever changing back. Untouched they
 * cost no memory.
 *
 * No two pairs are the same character, so the second table is the first one
 * turned round, and the system is never asked the other way: systems guess there
 * ("best fit") what to write for characters that GBK lacks.
 */
#include "weft/text.h"

#include <stdint.h>
#include <string.h>

#include "internal.h"
#include "seam.h"
#include "utf8.h"
#include "weft/once.h"

enum {
    FIRST_LEAD = 0x81,
    LAST_LEAD = 0xFE,
    FIRST_TRAIL = 0x40,
    LAST_TRAIL = 0xFE,
    LEADS = LAST_LEAD - FIRST_LEAD + 1,
    TRAILS = LAST_TRAIL - FIRST_TRAIL + 1,
    NO_TRAIL = 0x7F /* inside the blocks below, but never used */
};

/* Pairs that are characters: every trail of the range with every lead of the range.
 * It is Python's set. Systems also have characters for some of the gaps (private
 * use areas, additions of GB 18030, 0x80 as euro), and not the same ones. */
struct block {
    uint8_t first_lead, last_lead, first_trail, last_trail;
};

static const struct block blocks[] = {
    {0x81, 0xA0, 0x40, 0xFE}, {0xA1, 0xA1, 0xA1, 0xFE}, {0xA2, 0xA2, 0xA1, 0xAA},
    {0xA2, 0xA2, 0xB1, 0xE2}, {0xA2, 0xA2, 0xE5, 0xEE}, {0xA2, 0xA2, 0xF1, 0xFC},
    {0xA3, 0xA3, 0xA1, 0xFE}, {0xA4, 0xA4, 0xA1, 0xF3}, {0xA5, 0xA5, 0xA1, 0xF6},
    {0xA6, 0xA6, 0xA1, 0xB8}, {0xA6, 0xA6, 0xC1, 0xD8}, {0xA6, 0xA6, 0xE0, 0xEB},
    {0xA6, 0xA6, 0xEE, 0xF2}, {0xA6, 0xA6, 0xF4, 0xF5}, {0xA7, 0xA7, 0xA1, 0xC1},
    {0xA7, 0xA7, 0xD1, 0xF1}, {0xA8, 0xA8, 0x40, 0x95}, {0xA8, 0xA8, 0xA1, 0xBB},
    {0xA8, 0xA8, 0xBD, 0xBE}, {0xA8, 0xA8, 0xC0, 0xC0}, {0xA8, 0xA8, 0xC5, 0xE9},
    {0xA9, 0xA9, 0x40, 0x57}, {0xA9, 0xA9, 0x59, 0x5A}, {0xA9, 0xA9, 0x5C, 0x5C},
    {0xA9, 0xA9, 0x60, 0x88}, {0xA9, 0xA9, 0x96, 0x96}, {0xA9, 0xA9, 0xA4, 0xEF},
    {0xAA, 0xAF, 0x40, 0xA0}, {0xB0, 0xD6, 0x40, 0xFE}, {0xD7, 0xD7, 0x40, 0xF9},
    {0xD8, 0xF7, 0x40, 0xFE}, {0xF8, 0xFD, 0x40, 0xA0}, {0xFE, 0xFE, 0x40, 0x4F},
};

/* `count` characters from `scalar` on, which the system is not asked for. */
struct exception {
    uint16_t pair, count, scalar;
};

static const struct exception exceptions[] = {
    /* The oldest tables of GB 2312 took these for U+30FB and U+2015; the second left
     * no room for A844, which is U+2015. */
    {0xA1A4, 1, 0x00B7},
    {0xA1AA, 1, 0x2014},
    {0xA844, 1, 0x2015},
    /* Wave dash and centred ellipsis (U+301C, U+22EF) in tables for typesetting. */
    {0xA1AB, 1, 0xFF5E},
    {0xA1AD, 1, 0x2026},
    /* Full width, not U+00A2, U+00A3, U+00A5 and U+203E. */
    {0xA1E9, 2, 0xFFE0},
    {0xA3A4, 1, 0xFFE5},
    {0xA3FE, 1, 0xFFE3},
    /* Small roman numerals: not in the GBK of 1993, added by Windows. */
    {0xA2A1, 10, 0x2170},
};

static weft_once once; /* of both tables */

/* Written under `once`. 0: no character. */
static uint16_t scalars[LEADS][TRAILS]; /* by lead and trail byte */
static uint16_t pairs[0x10000];         /* by scalar: lead << 8 | trail */

static uint32_t exception_of(uint32_t pair)
{
    for (size_t i = 0; i < sizeof(exceptions) / sizeof(exceptions[0]); i++) {
        const struct exception *e = &exceptions[i];
        if (pair >= e->pair && pair < (uint32_t)e->pair + e->count)
            return e->scalar + (pair - e->pair);
    }
    return 0;
}

static void add(uint8_t lead, uint8_t trail)
{
    uint32_t pair = (uint32_t)lead << 8 | trail;
    uint32_t scalar = exception_of(pair);

    if (trail == NO_TRAIL)
        return;
    if (scalar == 0)
        scalar = weft_seam_gbk_to_unicode(lead, trail);
    if (scalar >= 0x80 && scalar <= UINT16_MAX) {
        scalars[lead - FIRST_LEAD][trail - FIRST_TRAIL] = (uint16_t)scalar;
        pairs[scalar] = (uint16_t)pair;
    }
}

static int fill_tables(void *context)
{
    int err = weft_seam_gbk_ready();

    (void)context;
    if (err != 0)
        return err;
    for (size_t i = 0; i < sizeof(blocks) / sizeof(blocks[0]); i++) {
        const struct block *b = &blocks[i];
        for (unsigned lead = b->first_lead; lead <= b->last_lead; lead++)
            for (unsigned trail = b->first_trail; trail <= b->last_trail; trail++)
                add((uint8_t)lead, (uint8_t)trail);
    }
    return 0;
}

/* One or two bytes of GBK as a number; '?' and false for what GBK lacks. */
static bool gbk_of(uint32_t scalar, uint32_t *code)
{
    *code = scalar < 0x80 ? scalar : scalar <= UINT16_MAX ? pairs[scalar] : 0;
    if (*code != 0 || scalar == 0)
        return true;
    *code = '?';
    return false;
}

int weft_gbk_encode(const char *text, size_t length, char *gbk, size_t size, size_t *gbk_length,
                    size_t *bad)
{
    size_t first_bad = length, at = 0, used = 0;
    uint32_t bad_scalar = 0, scalar = 0, code = 0;
    int err = weft__once(&once, fill_tables);

    if (err != 0)
        return err;
    while (at < length) {
        size_t taken = weft__utf8_next(text + at, length - at, &scalar);
        bool known = gbk_of(scalar, &code);
        if (size - used < (code > 0xFF ? 2u : 1u))
            break;
        if (!known && first_bad == length) {
            first_bad = at;
            bad_scalar = scalar;
        }
        if (code > 0xFF)
            gbk[used++] = (char)(code >> 8);
        gbk[used++] = (char)(code & 0xFF);
        at += taken;
    }
    *gbk_length = used;
    if (bad)
        *bad = first_bad;
    if (at < length)
        return weft__fail(WEFT_ETRUNCATED, "text to GBK: only %zu of %zu bytes fitted into %zu", at,
                          length, size);
    if (first_bad == length)
        return 0;
    if (bad_scalar == WEFT__UTF8_BAD)
        return weft__fail(WEFT_EBADTEXT, "text to GBK: byte 0x%02X at offset %zu is not UTF-8",
                          (unsigned char)text[first_bad], first_bad);
    return weft__fail(WEFT_EBADTEXT, "text to GBK: GBK has no U+%04X, at offset %zu",
                      (unsigned)bad_scalar, first_bad);
}

/* The character that `length` bytes, at least 1, begin with, and its size; U+FFFD and
 * 1 for a bad byte. */
static size_t next_gbk(const unsigned char *bytes, size_t length, uint32_t *scalar)
{
    *scalar = bytes[0];
    if (bytes[0] < 0x80)
        return 1;
    if (length > 1 && bytes[0] >= FIRST_LEAD && bytes[0] <= LAST_LEAD && bytes[1] >= FIRST_TRAIL &&
        bytes[1] <= LAST_TRAIL) {
        *scalar = scalars[bytes[0] - FIRST_LEAD][bytes[1] - FIRST_TRAIL];
        if (*scalar != 0)
            return 2;
    }
    *scalar = WEFT__UTF8_REPLACEMENT;
    return 1;
}

int weft_gbk_decode(const char *gbk, size_t length, char *text, size_t size, size_t *text_length,
                    size_t *bad)
{
    const unsigned char *bytes = (const unsigned char *)gbk;
    size_t first_bad = length, at = 0, used = 0;
    int err = weft__once(&once, fill_tables);

    if (err != 0)
        return err;
    while (at < length) {
        uint32_t scalar = 0;
        char character[WEFT__UTF8_LONGEST];
        size_t taken = next_gbk(bytes + at, length - at, &scalar);
        size_t written = weft__utf8_put(scalar, character);
        if (written > size - used)
            break;
        /* GBK itself has no U+FFFD. */
        if (scalar == WEFT__UTF8_REPLACEMENT && first_bad == length)
            first_bad = at;
        memcpy(text + used, character, written);
        used += written;
        at += taken;
    }
    *text_length = used;
    if (bad)
        *bad = first_bad;
    if (at < length)
        return weft__fail(WEFT_ETRUNCATED, "GBK to text: only %zu of %zu bytes fitted into %zu", at,
                          length, size);
    if (first_bad < length)
        return weft__fail(WEFT_EBADTEXT, "GBK to text: byte 0x%02X at offset %zu is not GBK",
                          bytes[first_bad], first_bad);
    return 0;
}
