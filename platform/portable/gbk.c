/* SPDX-License-Identifier: MIT */
/*
 * GBK, the same on every system: which pairs of bytes are characters is written
 * down here, which characters they are is the system's knowledge, except for the
 * few that systems disagree about.
 *
 * The table is filled at the first call, under `once`, and only read after it. It is
 * static because it lives as long as the process: from weft_alloc() it would keep
 * weft_set_allocator() from ever changing back. Untouched it costs no memory.
 *
 * No two pairs are the same character, so the way back is the table turned round, and the system is
 * never asked the other way: systems guess there
 * ("best fit") what to write for characters that GBK lacks.
 */
#include "codec.h"

#include "internal.h"
#include "seam.h"
#include "weft/once.h"

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

static weft_once once;
static struct weft__pairs gbk; /* written under `once` */

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

    if (trail == WEFT__NO_TRAIL)
        return;
    if (scalar == 0)
        scalar = weft_seam_gbk_to_unicode(lead, trail);
    if (scalar >= 0x80 && scalar <= UINT16_MAX) {
        gbk.scalars[lead - WEFT__FIRST_LEAD][trail - WEFT__FIRST_TRAIL] = (uint16_t)scalar;
        gbk.pairs[scalar] = (uint16_t)pair;
    }
}

static int fill_table(void *context)
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

int weft__gbk_ready(const struct weft__pairs **table)
{
    *table = &gbk;
    return weft__once(&once, fill_table);
}
