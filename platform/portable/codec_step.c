/* SPDX-License-Identifier: MIT */
/*
 * The encodings, one character at a time. Each has a function that reads one and a
 * function that writes one; which bytes are bad together, and which still may become a
 * character, is as in Python's codecs, so that they replace the same.
 */
#include "codec.h"

#include "internal.h"
#include "utf8.h"

enum {
    SURROGATE = 0xD800,
    LOW_SURROGATE = 0xDC00,
    AFTER_SURROGATES = 0xE000,
    PLANES_LEAD = 0x90 - 0x81 /* the first lead byte, less 81, of characters over U+FFFF */
};

int weft__code_open(struct weft__code *code, enum weft_encoding encoding,
                    enum weft_text_errors errors)
{
    static const char *const names[] = {"UTF-8", "GBK", "GB18030", "UTF-16LE", "UTF-16BE"};

    if ((unsigned)encoding >= sizeof(names) / sizeof(names[0]))
        return weft__misuse(WEFT_EINVAL, "encoding %d: there is none", (int)encoding);
    if ((unsigned)errors > WEFT_ESCAPE)
        return weft__misuse(WEFT_EINVAL, "text errors %d: no such policy", (int)errors);
    *code = (struct weft__code){encoding, names[encoding], NULL};
    if (encoding == WEFT_GBK)
        return weft__gbk_ready(&code->table);
    if (encoding == WEFT_GB18030)
        return weft__gb18030_ready(&code->table);
    return 0;
}

/* ---- reading -------------------------------------------------------------------- */

static size_t next_utf8(const unsigned char *bytes, size_t length, uint32_t *scalar)
{
    const char *text = (const char *)bytes;
    size_t taken = weft__utf8_next(text, length, scalar);

    if (*scalar != WEFT__UTF8_BAD)
        return taken;
    *scalar = WEFT__CODE_BAD;
    /* The beginning of a character is bad as a whole. */
    for (taken = 1; taken < length && weft__utf8_is_beginning(text, taken + 1);)
        taken++;
    return taken == length && weft__utf8_is_beginning(text, length) ? 0 : taken;
}

/* 81 to FE, a digit, 81 to FE, a digit. */
static size_t next_four(const unsigned char *b, uint32_t *scalar)
{
    uint32_t number;

    *scalar = WEFT__CODE_BAD;
    if (b[0] < 0x81 || b[0] > 0xFE || b[2] < 0x81 || b[2] > 0xFE || b[3] < 0x30 || b[3] > 0x39)
        return 1;
    number = (((b[0] - 0x81u) * 10 + (b[1] - 0x30u)) * 126 + (b[2] - 0x81u)) * 10 + (b[3] - 0x30u);
    if (b[0] - 0x81 >= PLANES_LEAD) {
        number -= PLANES_LEAD * 10 * 126 * 10;
        if (number <= 0xFFFFF)
            *scalar = 0x10000 + number;
    } else if (weft__gb18030_scalar(number) != 0) {
        *scalar = weft__gb18030_scalar(number);
    }
    return *scalar == WEFT__CODE_BAD ? 1 : 4;
}

static size_t next_gb(const struct weft__code *code, const unsigned char *bytes, size_t length,
                      uint32_t *scalar)
{
    uint32_t found = 0;

    *scalar = bytes[0];
    if (bytes[0] < 0x80)
        return 1;
    *scalar = WEFT__CODE_BAD;
    if (length < 2)
        return 0;
    if (code->encoding == WEFT_GB18030 && bytes[1] >= 0x30 && bytes[1] <= 0x39)
        return length < 4 ? 0 : next_four(bytes, scalar);
    if (bytes[0] >= WEFT__FIRST_LEAD && bytes[0] <= WEFT__LAST_LEAD &&
        bytes[1] >= WEFT__FIRST_TRAIL && bytes[1] <= WEFT__LAST_TRAIL)
        found = code->table->scalars[bytes[0] - WEFT__FIRST_LEAD][bytes[1] - WEFT__FIRST_TRAIL];
    if (found == 0)
        return 1;
    *scalar = found;
    return 2;
}

static uint32_t unit_at(const struct weft__code *code, const unsigned char *bytes)
{
    uint32_t little = bytes[0] | (uint32_t)bytes[1] << 8;

    return code->encoding == WEFT_UTF_16LE ? little : (little & 0xFF) << 8 | little >> 8;
}

static size_t next_utf16(const struct weft__code *code, const unsigned char *bytes, size_t length,
                         uint32_t *scalar)
{
    uint32_t unit, low;

    *scalar = WEFT__CODE_BAD;
    if (length < 2)
        return 0;
    unit = unit_at(code, bytes);
    if (unit < SURROGATE || unit >= AFTER_SURROGATES) {
        *scalar = unit;
        return 2;
    }
    if (unit >= LOW_SURROGATE)
        return 2;
    if (length < 4)
        return 0;
    low = unit_at(code, bytes + 2);
    if (low < LOW_SURROGATE || low >= AFTER_SURROGATES)
        return 2;
    *scalar = 0x10000 + ((unit - SURROGATE) << 10) + (low - LOW_SURROGATE);
    return 4;
}

size_t weft__code_next(const struct weft__code *code, const unsigned char *bytes, size_t length,
                       uint32_t *scalar)
{
    switch (code->encoding) {
    case WEFT_UTF_8:
        return next_utf8(bytes, length, scalar);
    case WEFT_GBK:
    case WEFT_GB18030:
        return next_gb(code, bytes, length, scalar);
    default:
        return next_utf16(code, bytes, length, scalar);
    }
}

/* ---- writing -------------------------------------------------------------------- */

static size_t put_four(uint32_t scalar, unsigned char *bytes)
{
    uint32_t number = scalar - 0x10000 + PLANES_LEAD * 10 * 126 * 10;

    if (scalar <= UINT16_MAX && !weft__gb18030_number(scalar, &number))
        return 0;
    bytes[3] = (unsigned char)(0x30 + number % 10);
    bytes[2] = (unsigned char)(0x81 + number / 10 % 126);
    bytes[1] = (unsigned char)(0x30 + number / 1260 % 10);
    bytes[0] = (unsigned char)(0x81 + number / 12600);
    return 4;
}

static size_t put_gb(const struct weft__code *code, uint32_t scalar, unsigned char *bytes)
{
    uint32_t pair = scalar <= UINT16_MAX ? code->table->pairs[scalar] : 0;

    if (scalar < 0x80) {
        bytes[0] = (unsigned char)scalar;
        return 1;
    }
    if (pair == 0)
        return code->encoding == WEFT_GB18030 ? put_four(scalar, bytes) : 0;
    bytes[0] = (unsigned char)(pair >> 8);
    bytes[1] = (unsigned char)pair;
    return 2;
}

static size_t put_unit(const struct weft__code *code, uint32_t unit, unsigned char *bytes)
{
    bool little = code->encoding == WEFT_UTF_16LE;

    bytes[0] = (unsigned char)(little ? unit : unit >> 8);
    bytes[1] = (unsigned char)(little ? unit >> 8 : unit);
    return 2;
}

size_t weft__code_put(const struct weft__code *code, uint32_t scalar,
                      unsigned char bytes[WEFT__CODE_LONGEST])
{
    if (code->encoding == WEFT_UTF_8)
        return weft__utf8_put(scalar, (char *)bytes);
    if (code->table)
        return put_gb(code, scalar, bytes);
    if (scalar <= UINT16_MAX)
        return put_unit(code, scalar, bytes);
    scalar -= 0x10000;
    put_unit(code, SURROGATE + (scalar >> 10), bytes);
    put_unit(code, LOW_SURROGATE + (scalar & 0x3FF), bytes + 2);
    return 4;
}
