/* SPDX-License-Identifier: MIT */
/*
 * GB18030, first edition, which is what Python's codec knows: GBK; the pairs that GBK left
 * out, which are private characters but for 81; and in four bytes all the rest of
 * Unicode.
 *
 * All of it follows from GBK and the 81: the private characters are numbered in the
 * order of bytes, in three user's areas and then in the gaps, where those of the 81 keep
 * their number unused; and of the characters up to U+FFFF, those without a pair have
 * the four-byte codes, in the order of Unicode. So no system is asked, and no two
 * systems disagree (most have moved some characters since).
 *
 * The tables are filled at the first call, under `once`, and only read after it.
 */
#include "codec.h"

#include "internal.h"
#include "weft/once.h"

enum {
    FOUR_BYTES = 39420, /* four-byte codes of characters up to U+FFFF */
    FIRST_GAP = 0xE766  /* the first private character outside of the user's areas */
};

static weft_once once;
static struct weft__pairs gb18030;     /* written under `once` */
static uint16_t by_number[FOUR_BYTES]; /* also; ascending */

/* FE50 to FEA0, parts of characters and rare ones; 0: private. */
static const uint16_t row_fe[] = {
    0x2E81, 0,      0,      0,      0x2E84, 0x3473, 0x3447, 0x2E88, 0x2E8B, 0,      0x359E, 0x361A,
    0x360E, 0x2E8C, 0x2E97, 0x396E, 0x3918, 0,      0x39CF, 0x39DF, 0x3A73, 0x39D0, 0,      0,
    0x3B4E, 0x3C6E, 0x3CE0, 0x2EA7, 0,      0,      0x2EAA, 0x4056, 0x415F, 0x2EAE, 0x4337, 0x2EB3,
    0x2EB6, 0x2EB7, 0,      0x43B1, 0x43AC, 0x2EBB, 0x43DD, 0x44D6, 0x4661, 0x464C, 0,      0,
    0x4723, 0x4729, 0x477C, 0x478D, 0x2ECA, 0x4947, 0x497A, 0x497D, 0x4982, 0x4983, 0x4985, 0x4986,
    0x499F, 0x499B, 0x49B7, 0x49B6, 0,      0,      0x4CA3, 0x4C9F, 0x4CA0, 0x4CA1, 0x4C77, 0x4CA2,
    0x4D13, 0x4D14, 0x4D15, 0x4D16, 0x4D17, 0x4D18, 0x4D19, 0x4DAE, 0,
};

/* A row of private characters for each lead byte. */
struct area {
    uint8_t first_lead, last_lead, first_trail, last_trail;
    uint16_t scalar;
};

static const struct area users[] = {
    {0xAA, 0xAF, 0xA1, 0xFE, 0xE000},
    {0xF8, 0xFE, 0xA1, 0xFE, 0xE234},
    {0xA1, 0xA7, 0x40, 0xA0, 0xE4C6},
};

/* The private character of a user's area; 0: the pair is in none. */
static uint32_t user_scalar(uint32_t lead, uint32_t trail)
{
    for (size_t i = 0; i < sizeof(users) / sizeof(users[0]); i++) {
        const struct area *a = &users[i];
        uint32_t skipped = a->first_trail < WEFT__NO_TRAIL ? 1 : 0;
        uint32_t row = (uint32_t)a->last_trail - a->first_trail + 1 - skipped;
        if (lead >= a->first_lead && lead <= a->last_lead && trail >= a->first_trail &&
            trail <= a->last_trail)
            return a->scalar + (lead - a->first_lead) * row + (trail - a->first_trail) -
                   (trail > WEFT__NO_TRAIL ? skipped : 0);
    }
    return 0;
}

/* What is not private in the gaps of GBK; 0: the pair is. */
static uint32_t new_scalar(uint32_t lead, uint32_t trail)
{
    if (lead == 0xFE)
        return row_fe[trail - 0x50];
    if (lead == 0xA9 && trail > 0x89 && trail <= 0x95)
        return 0x2FF0 + trail - 0x8A; /* how a character is composed */
    switch (lead << 8 | trail) {
    case 0xA989:
        return 0x303E;
    case 0xA2E3:
        return 0x20AC; /* the euro */
    case 0xA8BF:
        return 0x01F9;
    default:
        return 0;
    }
}

/* For the pairs in their order; *gap is the next number in the gaps. */
static void add(uint32_t lead, uint32_t trail, uint32_t scalar, uint32_t *gap)
{
    if (scalar == 0)
        scalar = user_scalar(lead, trail);
    if (scalar == 0) {
        scalar = new_scalar(lead, trail);
        if (scalar == 0)
            scalar = *gap;
        ++*gap;
    }
    gb18030.scalars[lead - WEFT__FIRST_LEAD][trail - WEFT__FIRST_TRAIL] = (uint16_t)scalar;
    gb18030.pairs[scalar] = (uint16_t)(lead << 8 | trail);
}

static int fill_tables(void *context)
{
    const struct weft__pairs *gbk = NULL;
    uint32_t gap = FIRST_GAP, number = 0;
    int err = weft__gbk_ready(&gbk);

    (void)context;
    if (err != 0)
        return err;
    for (uint32_t lead = WEFT__FIRST_LEAD; lead <= WEFT__LAST_LEAD; lead++)
        for (uint32_t trail = WEFT__FIRST_TRAIL; trail <= WEFT__LAST_TRAIL; trail++)
            if (trail != WEFT__NO_TRAIL)
                add(lead, trail, gbk->scalars[lead - WEFT__FIRST_LEAD][trail - WEFT__FIRST_TRAIL],
                    &gap);
    for (uint32_t scalar = 0x80; scalar <= UINT16_MAX && number < FOUR_BYTES; scalar++)
        if (gb18030.pairs[scalar] == 0 && (scalar < 0xD800 || scalar > 0xDFFF))
            by_number[number++] = (uint16_t)scalar;
    return 0;
}

int weft__gb18030_ready(const struct weft__pairs **table)
{
    *table = &gb18030;
    return weft__once(&once, fill_tables);
}

uint32_t weft__gb18030_scalar(uint32_t number)
{
    return number < FOUR_BYTES ? by_number[number] : 0;
}

bool weft__gb18030_number(uint32_t scalar, uint32_t *number)
{
    uint32_t first = 0, end = FOUR_BYTES;

    while (first < end) {
        uint32_t middle = (first + end) / 2;
        if (by_number[middle] < scalar)
            first = middle + 1;
        else
            end = middle;
    }
    *number = first;
    return first < FOUR_BYTES && by_number[first] == scalar;
}
