/* SPDX-License-Identifier: MIT */
/* All encodings against CPython, whose answers are in codec_samples.h; and streams. */
#include "check.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "fail.h"
#include "weft/codec.h"

enum { RANDOM = 20000, ROOM = 64, ENCODINGS = 5, BLOCK = 256 };

struct sample {
    enum weft_encoding encoding;
    const char *bytes;
    size_t length;
    size_t bad;           /* offset; length: none */
    const char *texts[3]; /* by policy; strict: what stood before it */
};

#include "codec_samples.h"

static uint64_t hash_more(uint64_t hash, const char *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++)
        hash = (hash ^ (unsigned char)bytes[i]) * 0x100000001B3u;
    return hash;
}

/* ---- decoding at once ---------------------------------------------------------------- */

static void samples_decode_as_in_python(void)
{
    for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++)
        for (int errors = 0; errors < 3; errors++) {
            const struct sample *s = &samples[i];
            char text[ROOM];
            size_t made = 0, bad = 0, length = strlen(s->texts[errors]);
            int err = weft_decode(s->encoding, (enum weft_text_errors)errors, s->bytes, s->length,
                                  text, sizeof(text), &made, &bad);
            bool is_bad = s->bad < s->length && errors == WEFT_STRICT;
            CHECK_ERROR(err, is_bad ? WEFT_EBADTEXT : 0);
            CU_ASSERT_EQUAL(bad, s->bad);
            /* The NUL of a UTF-16 sample ends its text here. */
            CU_ASSERT_TRUE(made >= length && memcmp(text, s->texts[errors], length) == 0);
        }
}

static uint64_t step(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state >> 32;
}

/* As codec_samples.py makes them. */
static size_t make_input(uint64_t *state, unsigned char bytes[8])
{
    size_t length = step(state) % 9;

    for (size_t i = 0; i < length; i++) {
        uint64_t n = step(state);
        unsigned byte = n & 0xFF;
        switch (n >> 8 & 3) {
        case 0:
            byte = 0x30 + byte % 12;
            break;
        case 1:
            byte = 0x80 + byte % 128;
            break;
        case 2:
            byte = 0xD6 + byte % 8;
            break;
        default:
            break;
        }
        bytes[i] = (unsigned char)byte;
    }
    return length;
}

static void random_bytes_decode_as_in_python(void)
{
    for (int encoding = 0; encoding < ENCODINGS; encoding++)
        for (int errors = 0; errors < 3; errors++) {
            uint64_t state = 1, hash = 0xCBF29CE484222325u;
            for (int i = 0; i < RANDOM; i++) {
                unsigned char bytes[8];
                char text[ROOM];
                size_t length = make_input(&state, bytes), made = 0, bad = 0;
                weft_decode((enum weft_encoding)encoding, (enum weft_text_errors)errors, bytes,
                            length, text, sizeof(text) - 1, &made, &bad);
                text[made++] = (char)bad;
                hash = hash_more(hash, text, made);
            }
            CU_ASSERT_EQUAL(hash, decoded_hashes[encoding][errors]);
        }
}

/* ---- encoding ------------------------------------------------------------------------ */

/* BLOCK characters from the scalar on, without surrogates; how many bytes. */
static size_t make_block(uint32_t first, char *text)
{
    unsigned char units[4 * BLOCK];
    size_t size = 0, made = 0;

    if (first >= 0xD800 && first < 0xE000)
        return 0;
    for (uint32_t scalar = first; scalar < first + BLOCK; scalar++) {
        uint32_t rest = scalar - 0x10000;
        uint32_t high = scalar > 0xFFFF ? 0xD800 | rest >> 10 : scalar;
        units[size++] = (unsigned char)(high >> 8);
        units[size++] = (unsigned char)high;
        if (scalar > 0xFFFF) {
            units[size++] = (unsigned char)(0xDC | (rest >> 8 & 3));
            units[size++] = (unsigned char)rest;
        }
    }
    CHECK_OK(weft_decode(WEFT_UTF_16BE, WEFT_STRICT, units, size, text, 4 * BLOCK, &made, NULL));
    return made;
}

static void all_of_unicode_encodes_as_in_python(void)
{
    static char text[4 * BLOCK], bytes[10 * BLOCK], again[4 * BLOCK];

    for (int encoding = 0; encoding < ENCODINGS; encoding++) {
        enum weft_encoding e = (enum weft_encoding)encoding;
        uint64_t hashes[3] = {0, 0xCBF29CE484222325u, 0xCBF29CE484222325u};
        for (uint32_t first = 0; first < 0x110000; first += BLOCK) {
            size_t length = make_block(first, text), made = 0, again_length = 0;
            for (int errors = WEFT_REPLACE; errors <= WEFT_ESCAPE; errors++) {
                CHECK_OK(weft_encode(e, (enum weft_text_errors)errors, text, length, bytes,
                                     sizeof(bytes), &made, NULL));
                hashes[errors] = hash_more(hashes[errors], bytes, made);
            }
            if (e == WEFT_GBK) /* test_gbk.c has its way back */
                continue;
            CHECK_OK(weft_decode(e, WEFT_STRICT, bytes, made, again, sizeof(again), &again_length,
                                 NULL));
            CU_ASSERT_TRUE(again_length == length && memcmp(again, text, length) == 0);
        }
        CU_ASSERT_EQUAL(hashes[1], encoded_hashes[encoding][1]);
        CU_ASSERT_EQUAL(hashes[2], encoded_hashes[encoding][2]);
    }
}

static void the_sentence_names_what_is_bad(void)
{
    char bytes[8];
    size_t made = 9, bad = 0;

    CHECK_ERROR(weft_encode(WEFT_GBK, WEFT_STRICT, "a😀b", 6, bytes, 8, &made, &bad), WEFT_EBADTEXT);
    CHECK_SENTENCE("text to GBK: GBK has no U+1F600, at offset 1");
    CU_ASSERT_EQUAL(made, 1);
    CU_ASSERT_EQUAL(bad, 1);
    CHECK_ERROR(weft_encode(WEFT_UTF_16LE, WEFT_STRICT, "ab\x80", 3, bytes, 8, &made, &bad),
                WEFT_EBADTEXT);
    CHECK_SENTENCE("text to UTF-16LE: byte 0x80 at offset 2 is not UTF-8");
    CU_ASSERT_EQUAL(made, 4);
    CHECK_ERROR(weft_decode(WEFT_GBK, WEFT_STRICT, "\xD6\xD0\x80", 3, bytes, 8, &made, &bad),
                WEFT_EBADTEXT);
    CHECK_SENTENCE("GBK to text: byte 0x80 at offset 2 is not GBK");
    CU_ASSERT_EQUAL(made, 3);
    expect_misuse(WEFT_EINVAL);
    CHECK_ERROR(weft_decode((enum weft_encoding)9, WEFT_STRICT, "", 0, bytes, 8, &made, &bad),
                WEFT_EINVAL);
    CHECK_MISUSE_SEEN();
}

static void bytes_that_are_not_utf8_are_replaced_one_by_one(void)
{
    char bytes[32];
    size_t made = 0, bad = 0;

    CHECK_OK(weft_encode(WEFT_GBK, WEFT_ESCAPE, "中\xFF\xE4文", 8, bytes, 32, &made, &bad));
    CU_ASSERT_EQUAL(made, 12);
    CU_ASSERT_EQUAL(memcmp(bytes, "\xD6\xD0\\xff\\xe4\xCE\xC4", 12), 0);
    CU_ASSERT_EQUAL(bad, 3);
    CHECK_OK(weft_encode(WEFT_UTF_16BE, WEFT_REPLACE, "\xE4\xB8", 2, bytes, 32, &made, &bad));
    CU_ASSERT_EQUAL(made, 4);
    CU_ASSERT_EQUAL(memcmp(bytes, "\0?\0?", 4), 0);
}

static void escapes_are_whole_or_not_there(void)
{
    char out[16];
    size_t made = 0;

    for (size_t size = 0; size < 12; size++) {
        memset(out, '#', sizeof(out));
        CHECK_ERROR(weft_encode(WEFT_GBK, WEFT_ESCAPE, "a😀b", 6, out, size, &made, NULL),
                    WEFT_ETRUNCATED);
        CU_ASSERT_EQUAL(made, size < 1 ? 0 : size < 11 ? 1 : 11);
        CU_ASSERT_EQUAL(out[made], '#');
        memset(out, '#', sizeof(out));
        CHECK_ERROR(
            weft_decode(WEFT_GB18030, WEFT_ESCAPE, "a\x81\x30\x81", 4, out, size, &made, NULL),
            WEFT_ETRUNCATED);
        CU_ASSERT_EQUAL(made, size < 1 ? 0 : 1);
        CU_ASSERT_EQUAL(out[made], '#');
    }
}

/* ---- streams ------------------------------------------------------------------------- */

/* What a decoder makes of the bytes in pieces of that many; the error that ended it. */
static int decode_pieces(const struct sample *s, enum weft_text_errors errors, size_t piece,
                         char text[ROOM], size_t *used, size_t *first_bad)
{
    weft_decoder decoder = WEFT_DECODER_INIT(s->encoding, errors);
    size_t made = 0, bad = 0, so_far = 0;
    int err = 0, at_end = 0;

    *used = 0;
    *first_bad = s->length;
    for (size_t at = 0; at < s->length && err == 0; at += piece) {
        size_t length = s->length - at < piece ? s->length - at : piece;
        err = weft_decoder_feed(&decoder, s->bytes + at, length, text + *used, ROOM - *used, &made,
                                &bad);
        so_far = at + length;
        *used += made;
        if (bad < so_far && *first_bad == s->length)
            *first_bad = bad;
    }
    at_end = weft_decoder_end(&decoder, text + *used, ROOM - *used, &made, &bad);
    *used += made;
    if (bad < so_far && *first_bad == s->length)
        *first_bad = bad;
    return err != 0 ? err : at_end;
}

static void pieces_of_every_size_give_the_same(void)
{
    for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++)
        for (int errors = 0; errors < 3; errors++)
            for (size_t piece = 1; piece <= samples[i].length; piece++) {
                const struct sample *s = &samples[i];
                char whole[ROOM], text[ROOM];
                size_t whole_length = 0, length = 0, bad = 0;
                int err = weft_decode(s->encoding, (enum weft_text_errors)errors, s->bytes,
                                      s->length, whole, ROOM, &whole_length, NULL);
                CHECK_ERROR(
                    decode_pieces(s, (enum weft_text_errors)errors, piece, text, &length, &bad),
                    err);
                CU_ASSERT_TRUE(length == whole_length && memcmp(text, whole, length) == 0);
                CU_ASSERT_EQUAL(bad, s->bad);
            }
}

static void a_strict_decoder_stops_for_good(void)
{
    weft_decoder decoder = WEFT_DECODER_INIT(WEFT_GBK, WEFT_STRICT);
    char text[8];
    size_t made = 0, bad = 0;

    CHECK_OK(weft_decoder_feed(&decoder, "a\xD6", 2, text, 8, &made, &bad));
    CU_ASSERT_EQUAL(made, 1);
    CU_ASSERT_EQUAL(bad, 2);
    CHECK_ERROR(weft_decoder_feed(&decoder, "\x20g", 2, text, 8, &made, &bad), WEFT_EBADTEXT);
    CHECK_SENTENCE("byte 0xD6 at offset 1 is not GBK");
    CU_ASSERT_EQUAL(made, 0);
    CU_ASSERT_EQUAL(bad, 1);
    CHECK_ERROR(weft_decoder_feed(&decoder, "g", 1, text, 8, &made, &bad), WEFT_EBADTEXT);
    CHECK_SENTENCE("offset 1");
    CHECK_ERROR(weft_decoder_end(&decoder, text, 8, &made, &bad), WEFT_EBADTEXT);
    CHECK_OK(weft_decoder_feed(&decoder, "good", 4, text, 8, &made, &bad)); /* as new */
    CU_ASSERT_EQUAL(made, 4);
}

static void what_does_not_fit_was_not_taken(void)
{
    weft_decoder decoder = WEFT_DECODER_INIT(WEFT_UTF_16LE, WEFT_REPLACE);
    char text[8];
    size_t made = 0;

    CHECK_OK(weft_decoder_feed(&decoder, "\x2d", 1, text, 8, &made, NULL));
    CHECK_ERROR(weft_decoder_feed(&decoder, "N\x87\x65", 3, text, 5, &made, NULL), WEFT_ETRUNCATED);
    CU_ASSERT_EQUAL(made, 0);
    CHECK_OK(weft_decoder_feed(&decoder, "N\x87\x65", 3, text, 6, &made, NULL));
    CU_ASSERT_EQUAL(made, 6);
    CU_ASSERT_EQUAL(memcmp(text, "中文", 6), 0);
    CHECK_OK(weft_decoder_feed(&decoder, "x", 1, text, 0, &made, NULL));
    CHECK_ERROR(weft_decoder_end(&decoder, text, 2, &made, NULL), WEFT_ETRUNCATED);
    CHECK_OK(weft_decoder_end(&decoder, text, 3, &made, NULL));
    CU_ASSERT_EQUAL(memcmp(text, "\xEF\xBF\xBD", 3), 0);
}

const char *const suite_name = "codec";
CU_TestInfo suite_cases[] = {
    {"samples_decode_as_in_python", samples_decode_as_in_python},
    {"random_bytes_decode_as_in_python", random_bytes_decode_as_in_python},
    {"all_of_unicode_encodes_as_in_python", all_of_unicode_encodes_as_in_python},
    {"the_sentence_names_what_is_bad", the_sentence_names_what_is_bad},
    {"bytes_that_are_not_utf8_are_replaced_one_by_one",
     bytes_that_are_not_utf8_are_replaced_one_by_one},
    {"escapes_are_whole_or_not_there", escapes_are_whole_or_not_there},
    {"pieces_of_every_size_give_the_same", pieces_of_every_size_give_the_same},
    {"a_strict_decoder_stops_for_good", a_strict_decoder_stops_for_good},
    {"what_does_not_fit_was_not_taken", what_does_not_fit_was_not_taken},
    CU_TEST_INFO_NULL,
};
