/* SPDX-License-Identifier: MIT */
/*
 * A stream that comes in pieces, fed or filled in: its messages are those that a simple
 * reader finds in the whole, and memory may be refused in between.
 */
#include <string.h>

#include "fuzz.h"
#include "weft/error.h"
#include "weft/frames.h"

enum { LONGEST = 600 };

const char *const fuzz_name = "frames";

static struct input *input;
static weft_frames frames;

/* What is to come. */
static const uint8_t *stream;
static size_t stream_length, expected_at;
static size_t limit;

void fuzz_prepare(void)
{
}

/* The next message of the model, in the first `known` bytes. 1: there is one; 0: more is
 * needed; -1: it is too big. Byte by byte, because a carriage return may be the last. */
static int expect_line(size_t known, size_t *start, size_t *size)
{
    size_t at = expected_at;

    *start = at;
    while (at < known && stream[at] != '\n')
        at++;
    *size = at - *start;
    if (*size > 0 && stream[at - 1] == '\r')
        --*size;
    if (*size > limit)
        return -1;
    if (at == known)
        return 0;
    expected_at = at + 1;
    return 1;
}

static int expect_length32(size_t known, size_t *start, size_t *size)
{
    const uint8_t *b = stream + expected_at;

    if (known - expected_at < 4)
        return 0;
    *start = expected_at + 4;
    *size = 0;
    for (int i = 0; i < 4; i++)
        *size = *size * 256 + b[i];
    if (*size > limit)
        return -1;
    if (known - *start < *size)
        return 0;
    expected_at = *start + *size;
    return 1;
}

static int expect(size_t known, size_t *start, size_t *size)
{
    *start = expected_at;
    *size = known - expected_at;
    if (frames.kind == WEFT_FRAMING_LINE)
        return expect_line(known, start, size);
    if (frames.kind == WEFT_FRAMING_LENGTH32)
        return expect_length32(known, start, size);
    *size = *size < limit ? *size : limit;
    expected_at += *size;
    return *size > 0;
}

static bool next(const char **message, size_t *size, int *err)
{
    bool there;

    refuse_allocation(below(input, 16) ? 0 : 1);
    there = weft_frames_next(&frames, message, size, err);
    while (!there && *err == WEFT_ENOMEM) {
        REQUIRE(was_refused());
        refuse_allocation(0);
        there = weft_frames_next(&frames, message, size, err);
    }
    refuse_allocation(0);
    return there;
}

/* All messages in the first `known` bytes. False: one was too big. */
static bool compare(size_t known)
{
    for (;;) {
        const char *message = NULL;
        size_t size = 0, start = 0, expected_size = 0;
        int err = 0;
        int expected = expect(known, &start, &expected_size);

        REQUIRE_EQUAL(next(&message, &size, &err), expected == 1);
        REQUIRE_EQUAL(err, expected < 0 ? WEFT_ETOOBIG : 0);
        if (expected < 0) {
            REQUIRE(!weft_frames_next(&frames, &message, &size, &err));
            REQUIRE_EQUAL(err, WEFT_ECLOSED);
        }
        if (expected != 1)
            return expected == 0;
        REQUIRE_EQUAL(size, expected_size);
        REQUIRE(memcmp(message, stream + start, size) == 0);
    }
}

/* Up to `piece` more bytes arrive; how many. */
static size_t arrive(size_t known, size_t piece)
{
    void *place = NULL;
    size_t room = 0;

    piece = stream_length - known < piece ? stream_length - known : piece;
    if (below(input, 2)) {
        REQUIRE_EQUAL(weft_frames_feed(&frames, stream + known, piece), 0);
        return piece;
    }
    REQUIRE_EQUAL(weft_frames_room(&frames, &place, &room), 0);
    REQUIRE(room > 0);
    piece = room < piece ? room : piece;
    memcpy(place, stream + known, piece);
    weft_frames_filled(&frames, piece);
    return piece;
}

void fuzz(struct input *in)
{
    enum weft_framing kind = (enum weft_framing)below(in, 3);
    const char *rest = NULL;
    size_t known = 0, size = 0, header;
    bool good = true;

    limit = take(in) + 1;
    frames = (weft_frames)WEFT_FRAMES_INIT(kind, limit);
    input = in;
    /* The same bytes say how the stream is cut. */
    stream = in->next;
    stream_length = in->left < LONGEST ? in->left : LONGEST;
    expected_at = 0;
    while (good && known < stream_length) {
        known += arrive(known, in->left == 0 ? LONGEST : below(in, 24) + 1);
        good = compare(known);
    }
    if (good) {
        size_t left = known - expected_at;
        header = kind == WEFT_FRAMING_LENGTH32 ? (left < 4 ? left : 4) : 0;
        REQUIRE_EQUAL(weft_frames_end(&frames, &rest, &size), left > 0 ? WEFT_ETRUNCATED : 0);
        REQUIRE_EQUAL(size, left - header);
        REQUIRE(size == 0 || memcmp(rest, stream + expected_at + header, size) == 0);
    }
    weft_frames_close(&frames);
}
