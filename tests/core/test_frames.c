/* SPDX-License-Identifier: MIT */
/*
 * Messages out of bytes: whole, in pieces of every size, too big, cut off. Each test
 * shows what it got as one text: "[a][bc]!" are two messages and an error.
 */
#include "check.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "fail.h"
#include "weft/frames.h"

enum { SHOWN = 512 };

/* What next() gives until it is false, added to `shown`. */
static int show(weft_frames *frames, char shown[SHOWN])
{
    const char *message = NULL;
    size_t size = 0, used = strlen(shown);
    int err = 0;

    while (weft_frames_next(frames, &message, &size, &err))
        used += (size_t)snprintf(shown + used, SHOWN - used, "[%.*s]", (int)size, message);
    if (err != 0)
        snprintf(shown + used, SHOWN - used, "!");
    return err;
}

/* The bytes come in pieces of `piece`, fed or filled in. Where an error is, it ends. */
static int split(enum weft_framing kind, size_t limit, const char *bytes, size_t length,
                 size_t piece, bool fill, char shown[SHOWN])
{
    weft_frames frames = WEFT_FRAMES_INIT(kind, limit);
    const char *rest = NULL;
    size_t size = 0;
    int err = 0;

    shown[0] = '\0';
    for (size_t at = 0; at < length && err == 0; at += size) {
        char copy[SHOWN];
        void *place = copy;
        size_t room = sizeof(copy);

        if (fill)
            CHECK_OK(weft_frames_room(&frames, &place, &room));
        size = length - at < piece ? length - at : piece;
        size = size < room ? size : room;
        memcpy(place, bytes + at, size);
        if (fill)
            weft_frames_filled(&frames, size);
        else
            CHECK_OK(weft_frames_feed(&frames, copy, size));
        err = show(&frames, shown);
    }
    if (err == 0 && weft_frames_end(&frames, &rest, &size) == WEFT_ETRUNCATED)
        snprintf(shown + strlen(shown), SHOWN - strlen(shown), "(%.*s)", (int)size, rest);
    weft_frames_close(&frames);
    return err;
}

static const struct sample {
    enum weft_framing kind;
    size_t limit;
    const char *bytes;
    size_t length;
    const char *expected;
} samples[] = {
#define SAMPLE(kind, limit, bytes, expected)                                                       \
    {                                                                                              \
        WEFT_FRAMING_##kind, limit, bytes, sizeof(bytes) - 1, expected                             \
    }
    SAMPLE(LINE, 0, "", ""),
    SAMPLE(LINE, 0, "one\n", "[one]"),
    SAMPLE(LINE, 0, "one\r\ntwo\n\n\r\nthree", "[one][two][][](three)"),
    SAMPLE(LINE, 0, "a\rb\r\r\n\rc\r", "[a\rb\r](\rc\r)"),
    SAMPLE(LINE, 5, "12345\n12345\r\n123456\n1\n", "[12345][12345]!"),
    SAMPLE(LINE, 5, "1\n123456", "[1]!"),
    SAMPLE(LINE, 5, "12345\r1\n", "!"),
    SAMPLE(LINE, 5, "12345\r", "(12345\r)"),
    SAMPLE(LENGTH32, 0, "\0\0\0\1a\0\0\0\0\0\0\0\3bcd\0\0\0\4x", "[a][][bcd](x)"),
    SAMPLE(LENGTH32, 0, "\0\0\0\1a\0\0", "[a]()"),
    SAMPLE(LENGTH32, 5, "\0\0\0\5abcde\0\0\0\6abcdef", "[abcde]!"),
    SAMPLE(LENGTH32, 0, "GET / HTTP/1.1\r\n", "!"),
    SAMPLE(LENGTH32, SIZE_MAX, "\xff\xff\xff\xff", SIZE_MAX > UINT32_MAX ? "()" : "!"),
    SAMPLE(NONE, 0, "", ""),
};

static void messages_are_the_same_in_pieces_of_every_size(void)
{
    for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++) {
        const struct sample *s = &samples[i];
        for (size_t piece = s->length + 1; piece > 0; piece--)
            for (int fill = 0; fill < 2; fill++) {
                char shown[SHOWN];
                int err = split(s->kind, s->limit, s->bytes, s->length, piece, fill, shown);
                CU_ASSERT_STRING_EQUAL(shown, s->expected);
                CU_ASSERT_EQUAL(err, strchr(s->expected, '!') ? WEFT_ETOOBIG : 0);
            }
    }
}

static void without_framing_a_message_is_what_has_arrived(void)
{
    weft_frames frames = WEFT_FRAMES_INIT(WEFT_FRAMING_NONE, 4);
    char shown[SHOWN] = "";

    CHECK_OK(weft_frames_feed(&frames, "ab", 2));
    CHECK_OK(show(&frames, shown));
    CHECK_OK(weft_frames_feed(&frames, "cdefghi", 7));
    CHECK_OK(show(&frames, shown));
    CU_ASSERT_STRING_EQUAL(shown, "[ab][cdef][ghi]");
}

static void after_one_that_was_too_big_nothing_comes(void)
{
    weft_frames frames = WEFT_FRAMES_INIT(WEFT_FRAMING_LENGTH32, 10);
    const char *message = NULL;
    size_t size = 0;
    int err = 0;

    CHECK_OK(weft_frames_feed(&frames, "\0\0\0\x0b", 4));
    CU_ASSERT_FALSE(weft_frames_next(&frames, &message, &size, &err));
    CHECK_ERROR(err, WEFT_ETOOBIG);
    CHECK_SENTENCE("a message of 11 bytes is announced, the limit is 10");
    CHECK_OK(weft_frames_feed(&frames, "\0\0\0\1a", 5));
    CU_ASSERT_FALSE(weft_frames_next(&frames, &message, &size, &err));
    CHECK_ERROR(err, WEFT_ECLOSED);
    CHECK_ERROR(weft_frames_end(&frames, &message, &size), WEFT_ECLOSED);
    weft_frames_close(&frames);
    frames = (weft_frames)WEFT_FRAMES_INIT(WEFT_FRAMING_LINE, 3);
    CHECK_OK(weft_frames_feed(&frames, "1234", 4));
    CU_ASSERT_FALSE(weft_frames_next(&frames, &message, &size, &err));
    CHECK_SENTENCE("a line is longer than 3 bytes");
    weft_frames_close(&frames);
}

static void the_end_inside_a_message_is_told_with_its_beginning(void)
{
    weft_frames frames = WEFT_FRAMES_INIT(WEFT_FRAMING_LENGTH32, 0);
    const char *rest = NULL;
    size_t size = 9;
    char shown[SHOWN] = "";

    CHECK_OK(weft_frames_end(&frames, &rest, &size));
    CU_ASSERT_EQUAL(size, 0);
    CHECK_OK(weft_frames_feed(&frames, "\0\0\0\5abc", 7));
    CHECK_OK(show(&frames, shown));
    CHECK_ERROR(weft_frames_end(&frames, &rest, &size), WEFT_ETRUNCATED);
    CHECK_SENTENCE("the stream ended after 3 bytes of a message");
    CU_ASSERT_EQUAL(size, 3);
    CU_ASSERT_EQUAL(memcmp(rest, "abc", 3), 0);
    weft_frames_close(&frames);
}

/* ---- memory ------------------------------------------------------------------------ */

static void a_whole_message_is_where_it_was_fed(void)
{
    static const char bytes[] = "\0\0\0\3abc\0\0\0\2de";
    weft_frames frames = WEFT_FRAMES_INIT(WEFT_FRAMING_LENGTH32, 0);
    const char *message = NULL;
    size_t size = 0;
    int err = 0;

    watch_memory();
    CHECK_OK(weft_frames_feed(&frames, bytes, sizeof(bytes) - 1));
    CU_ASSERT_TRUE(weft_frames_next(&frames, &message, &size, &err));
    CU_ASSERT_PTR_EQUAL(message, bytes + 4);
    CU_ASSERT_TRUE(weft_frames_next(&frames, &message, &size, &err));
    CU_ASSERT_PTR_EQUAL(message, bytes + 11);
    CU_ASSERT_FALSE(weft_frames_next(&frames, &message, &size, &err));
    CU_ASSERT_EQUAL(blocks_in_use(), 0);
    unwatch_memory();
}

static void only_a_message_under_way_has_a_buffer(void)
{
    weft_frames frames = WEFT_FRAMES_INIT(WEFT_FRAMING_LINE, 0);
    char shown[SHOWN] = "";

    watch_memory();
    CHECK_OK(weft_frames_feed(&frames, "one\ntw", 6));
    CHECK_OK(show(&frames, shown));
    CU_ASSERT_EQUAL(blocks_in_use(), 1);
    CHECK_OK(weft_frames_feed(&frames, "o\n", 2));
    CHECK_OK(show(&frames, shown));
    CU_ASSERT_EQUAL(blocks_in_use(), 0);
    CU_ASSERT_STRING_EQUAL(shown, "[one][two]");
    CHECK_OK(weft_frames_feed(&frames, "three", 5));
    CHECK_OK(show(&frames, shown));
    weft_frames_close(&frames);
    CU_ASSERT_EQUAL(blocks_in_use(), 0);
    unwatch_memory();
}

/* A peer that announces much and sends little does not cost much. */
static void memory_grows_with_what_has_come(void)
{
    weft_frames frames = WEFT_FRAMES_INIT(WEFT_FRAMING_LENGTH32, 1 << 30);
    char shown[SHOWN] = "";
    void *place = NULL;
    size_t room = 0;

    CHECK_OK(weft_frames_feed(&frames, "\x3f\0\0\0a", 5));
    CHECK_OK(show(&frames, shown));
    CHECK_OK(weft_frames_room(&frames, &place, &room));
    CU_ASSERT_TRUE(room >= 1 && room <= 8192);
    weft_frames_close(&frames);
}

static void refused_memory_loses_nothing(void)
{
    weft_frames frames = WEFT_FRAMES_INIT(WEFT_FRAMING_LINE, 0);
    char shown[SHOWN] = "";
    void *place = NULL;
    size_t room = 0;

    watch_memory();
    CHECK_OK(weft_frames_feed(&frames, "one\ntw", 6));
    refuse_allocation(1);
    CHECK_ERROR(show(&frames, shown), WEFT_ENOMEM);
    refuse_allocation(1);
    CHECK_ERROR(weft_frames_feed(&frames, "never", 5), WEFT_ENOMEM);
    refuse_allocation(1);
    CHECK_ERROR(weft_frames_room(&frames, &place, &room), WEFT_ENOMEM);
    CHECK_OK(weft_frames_feed(&frames, "o\n", 2));
    CHECK_OK(show(&frames, shown));
    CU_ASSERT_STRING_EQUAL(shown, "[one]![two]");
    weft_frames_close(&frames);
    unwatch_memory();
}

const char *const suite_name = "frames";
CU_TestInfo suite_cases[] = {
    {"messages_are_the_same_in_pieces_of_every_size",
     messages_are_the_same_in_pieces_of_every_size},
    {"without_framing_a_message_is_what_has_arrived",
     without_framing_a_message_is_what_has_arrived},
    {"after_one_that_was_too_big_nothing_comes", after_one_that_was_too_big_nothing_comes},
    {"the_end_inside_a_message_is_told_with_its_beginning",
     the_end_inside_a_message_is_told_with_its_beginning},
    {"a_whole_message_is_where_it_was_fed", a_whole_message_is_where_it_was_fed},
    {"only_a_message_under_way_has_a_buffer", only_a_message_under_way_has_a_buffer},
    {"memory_grows_with_what_has_come", memory_grows_with_what_has_come},
    {"refused_memory_loses_nothing", refused_memory_loses_nothing},
    CU_TEST_INFO_NULL,
};
