/* SPDX-License-Identifier: MIT */
/*
 * Bytes in all encodings: in pieces they are the same text as at once, a text that came
 * out whole goes back to its bytes, and no output is longer than it may be.
 */
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "weft/codec.h"
#include "weft/error.h"
#include "weft/text.h"

enum { LONGEST = 600, ROOM = 12 * LONGEST, GUARD = 0x5A };

const char *const fuzz_name = "codec";

static char whole[ROOM + 1], pieces[ROOM + 1], back[ROOM + 1];

void fuzz_prepare(void)
{
}

static void in_pieces(struct input *in, weft_decoder decoder, const uint8_t *bytes, size_t length,
                      size_t whole_length, int whole_err)
{
    size_t used = 0, made = 0, at = 0, piece;
    int err = 0;

    while (at < length && err == 0) {
        piece = below(in, 7);
        piece = length - at < piece ? length - at : piece;
        err = weft_decoder_feed(&decoder, bytes + at, piece, pieces + used, 4 * (piece + 3), &made,
                                NULL);
        REQUIRE(made <= 4 * (piece + 3));
        used += made;
        at += piece;
        if (in->left == 0 && at < length && err == 0) {
            err = weft_decoder_feed(&decoder, bytes + at, length - at, pieces + used, ROOM - used,
                                    &made, NULL);
            used += made;
            at = length;
        }
    }
    REQUIRE(err == 0 || err == WEFT_EBADTEXT);
    err = weft_decoder_end(&decoder, pieces + used, 16, &made, NULL);
    used += made;
    REQUIRE_EQUAL(err, whole_err);
    REQUIRE_EQUAL(used, whole_length);
    REQUIRE(memcmp(pieces, whole, used) == 0);
}

/* With too little room: a beginning of what there is with enough. */
static void in_little_room(weft_decoder decoder, const uint8_t *bytes, size_t length, size_t size,
                           size_t whole_length)
{
    size_t made = 0;
    int err;

    memset(pieces, GUARD, sizeof(pieces));
    err = weft_decode((enum weft_encoding)decoder.encoding, (enum weft_text_errors)decoder.errors,
                      bytes, length, pieces, size, &made, NULL);
    REQUIRE(made <= size && made <= whole_length);
    REQUIRE(err != WEFT_ETRUNCATED || size < whole_length);
    REQUIRE(memcmp(pieces, whole, made) == 0);
    for (size_t i = made; i < sizeof(pieces); i++)
        REQUIRE(pieces[i] == GUARD);
}

static void there_and_back(enum weft_encoding encoding, const uint8_t *bytes, size_t length)
{
    size_t text_length = 0, made = 0, bad = 0;

    if (weft_decode(encoding, WEFT_STRICT, bytes, length, whole, ROOM, &text_length, &bad) != 0) {
        REQUIRE(bad < length);
        length = bad;
    }
    REQUIRE_EQUAL(weft_encode(encoding, WEFT_STRICT, whole, text_length, back, ROOM, &made, &bad),
                  0);
    REQUIRE_EQUAL(bad, text_length);
    REQUIRE_EQUAL(made, length);
    REQUIRE(memcmp(back, bytes, length) == 0);
}

/* The same bytes taken for text. */
static void encode(enum weft_encoding encoding, enum weft_text_errors errors, const uint8_t *bytes,
                   size_t length, size_t size)
{
    const char *text = (const char *)bytes;
    size_t made = 0, bad = 0, less = 0;
    int err = weft_encode(encoding, errors, text, length, back, ROOM, &made, &bad);

    REQUIRE(bad <= length && weft_text_is_utf8(text, bad));
    REQUIRE_EQUAL(err, errors == WEFT_STRICT && bad < length ? WEFT_EBADTEXT : 0);
    memset(pieces, GUARD, sizeof(pieces));
    err = weft_encode(encoding, errors, text, length, pieces, size, &less, NULL);
    REQUIRE(less <= size && less <= made && memcmp(pieces, back, less) == 0);
    REQUIRE(pieces[less] == GUARD);
    if (errors != WEFT_STRICT)
        REQUIRE_EQUAL(err, size < made ? WEFT_ETRUNCATED : 0);
}

void fuzz(struct input *in)
{
    enum weft_encoding encoding = (enum weft_encoding)below(in, 5);
    enum weft_text_errors errors = (enum weft_text_errors)below(in, 3);
    weft_decoder decoder = WEFT_DECODER_INIT(encoding, errors);
    size_t size = take(in), whole_length = 0, bad = 0;
    size_t length = in->left < LONGEST ? in->left : LONGEST;
    const uint8_t *bytes = in->next;
    int err;

    there_and_back(encoding, bytes, length);
    encode(encoding, errors, bytes, length, size);
    err = weft_decode(encoding, errors, bytes, length, whole, 4 * length, &whole_length, &bad);
    REQUIRE_EQUAL(err, errors == WEFT_STRICT && bad < length ? WEFT_EBADTEXT : 0);
    REQUIRE(whole_length <= 4 * length && weft_text_is_utf8(whole, whole_length));
    in_little_room(decoder, bytes, length, size, whole_length);
    in_pieces(in, decoder, bytes, length, whole_length, err);
}
