/* SPDX-License-Identifier: MIT */
/* GBK against Python's codec "gbk", which every system has to equal; test_codec.c has what
 * is the same in all encodings. */
#include "check.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "crew.h"
#include "fail.h"
#include "weft/barrier.h"
#include "weft/codec.h"

#define BAD "\xEF\xBF\xBD" /* U+FFFD */

enum { CHARACTERS = 21791, THREADS = 4 };

/* FNV-1a, 64 bits, over
 *     b"".join(bytes([a, b]).decode("gbk", "replace").encode() + b"\n"
 *              for a in range(256) for b in range(256))
 * as Python 3.11 has it. */
static const uint64_t python_hash = 0x76D1BA2F696502AEu;

static uint64_t hash_more(uint64_t hash, const char *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++)
        hash = (hash ^ (unsigned char)bytes[i]) * 0x100000001B3u;
    return hash;
}

/* What is bad is replaced. */
static int gbk_decode(const char *gbk, size_t length, char *text, size_t size, size_t *made,
                      size_t *bad)
{
    return weft_decode(WEFT_GBK, WEFT_REPLACE, gbk, length, text, size, made, bad);
}

static int gbk_encode(const char *text, size_t length, char *gbk, size_t size, size_t *made,
                      size_t *bad)
{
    return weft_encode(WEFT_GBK, WEFT_REPLACE, text, length, gbk, size, made, bad);
}

/* Of all 65536 pairs. */
static uint64_t hash_of_pairs(int *err)
{
    uint64_t hash = 0xCBF29CE484222325u;

    *err = 0;
    for (unsigned pair = 0; pair < 0x10000; pair++) {
        char gbk[2] = {(char)(pair >> 8), (char)(pair & 0xFF)}, text[8];
        size_t length = 0;
        int result = gbk_decode(gbk, 2, text, sizeof(text) - 1, &length, NULL);
        if (result != 0)
            *err = result;
        text[length++] = '\n';
        hash = hash_more(hash, text, length);
    }
    return hash;
}

/* ---- the table ------------------------------------------------------------------- */

/* First of all: a process leaves blocks of memory behind. */
static void the_table_is_not_memory_of_the_allocator(void)
{
    char text[8];
    size_t length = 0;

    watch_memory();
    CHECK_OK(gbk_decode("\xD6\xD0", 2, text, sizeof(text), &length, NULL));
    CU_ASSERT_EQUAL(blocks_in_use(), 0);
    unwatch_memory();
}

static void all_pairs_decode_as_in_python(void)
{
    int err = 0;

    CU_ASSERT_EQUAL(hash_of_pairs(&err), python_hash);
    CHECK_OK(err);
}

static void every_character_comes_back_from_encoding(void)
{
    int found = 0, came_back = 0;

    for (unsigned pair = 0x8000; pair < 0x10000; pair++) {
        char gbk[2] = {(char)(pair >> 8), (char)(pair & 0xFF)}, text[8], again[8];
        size_t length = 0, again_length = 0, bad = 0;
        if (gbk_decode(gbk, 2, text, sizeof(text), &length, &bad) != 0 || bad < 2)
            continue;
        found++;
        if (gbk_encode(text, length, again, sizeof(again), &again_length, &bad) == 0 &&
            again_length == 2 && memcmp(again, gbk, 2) == 0 && bad == length)
            came_back++;
    }
    CU_ASSERT_EQUAL(found, CHARACTERS);
    CU_ASSERT_EQUAL(came_back, CHARACTERS);
}

struct race {
    weft_barrier start;
    uint64_t hashes[THREADS]; /* each written by one thread, read after the join */
    weft_atomic_u32 next;
};

static int hash_at_once(weft_task *task)
{
    struct race *race = WEFT_ARG(task, struct race *);
    uint32_t mine = weft_fetch_add_u32(&race->next, 1, WEFT_RELAXED);
    int err = weft_barrier_wait(&race->start, NULL, SOON);

    if (err == 0)
        race->hashes[mine] = hash_of_pairs(&err);
    return err;
}

/* In a fresh process: the table is not there yet. */
static int hash_in_threads(weft_task *task)
{
    struct race race = {.start = WEFT_BARRIER_INIT(THREADS)};
    weft_thread *threads[THREADS];

    start_threads(threads, THREADS, hash_at_once, &race);
    join_threads(threads, THREADS);
    for (int i = 0; i < THREADS; i++)
        REQUIRE(task, race.hashes[i] == python_hash);
    return 0;
}

static void threads_may_all_be_the_first(void)
{
    join_process(start_process(hash_in_threads, NULL, 0));
}

/* ---- decoding -------------------------------------------------------------------- */

struct sample {
    const char *bytes;
    size_t length;
    const char *expected;
    size_t bad; /* offset; length: none */
};

#define SAMPLE(bytes, expected, bad)                                                               \
    {                                                                                              \
        bytes, sizeof(bytes) - 1, expected, bad                                                    \
    }

static const struct sample to_decode[] = {
    SAMPLE("", "", 0),
    SAMPLE("ascii \x7F", "ascii \x7F", 7),
    SAMPLE("\xD6\xD0\xCE\xC4", "中文", 4),
    SAMPLE("\xA1\xA4\xA1\xAA\xA8\x44\xA2\xA1\xA3\xA4", "·—―ⅰ￥", 10),
    SAMPLE("\xD6", BAD, 0),                      /* a lead byte alone */
    SAMPLE("\xD6\xD0\xCE", "中" BAD, 2),         /* an odd length */
    SAMPLE("\x81\x20", BAD " ", 0),              /* no such second byte */
    SAMPLE("\x81\x7F\x81\x40", BAD "\x7F丂", 0), /* nor this one */
    SAMPLE("\x81\xD6\xD0", "佒" BAD, 2),         /* a fitting pair goes first */
    SAMPLE("\xFF\xFF", BAD BAD, 0),              /* no lead byte */
    SAMPLE("1\x80", "1" BAD, 1),                 /* not the euro of Windows */
    SAMPLE("\x80\xD6\xD0", BAD "中", 0),         /* it takes no second byte */
    SAMPLE("\xAA\xA1 \xA8\xBC 1\xFE\x50", BAD BAD " " BAD BAD " 1" BAD "P",
           0),                           /* private, GB 18030 */
    SAMPLE("\xE4\xB8\xAD", "涓" BAD, 2), /* UTF-8 taken for GBK */
};

static void bad_bytes_are_replaced_one_by_one(void)
{
    for (size_t i = 0; i < sizeof(to_decode) / sizeof(to_decode[0]); i++) {
        const struct sample *s = &to_decode[i];
        char text[64] = "";
        size_t length = 0, bad = 0;
        CHECK_OK(gbk_decode(s->bytes, s->length, text, sizeof(text) - 1, &length, &bad));
        text[length] = '\0';
        CU_ASSERT_STRING_EQUAL(text, s->expected);
        CU_ASSERT_EQUAL(bad, s->bad);
    }
}

static void a_decoded_text_is_cut_between_characters(void)
{
    static const size_t by_size[] = {0, 1, 1, 1, 4, 4, 4, 7, 7, 7};
    char text[11];
    size_t length = 0;

    for (size_t size = 0; size < 10; size++) {
        memset(text, '#', sizeof(text));
        CHECK_ERROR(gbk_decode("a\xD6\xD0\xFF\xCE\xC4", 6, text, size, &length, NULL),
                    WEFT_ETRUNCATED);
        CU_ASSERT_EQUAL(length, by_size[size]);
        CU_ASSERT_EQUAL(memcmp(text, "a中" BAD, length), 0);
        CU_ASSERT_EQUAL(text[length], '#');
    }
    CHECK_OK(gbk_decode("a\xD6\xD0\xFF\xCE\xC4", 6, text, 10, &length, NULL));
    CU_ASSERT_EQUAL(length, 10);
}

/* ---- encoding -------------------------------------------------------------------- */

static const struct sample to_encode[] = {
    SAMPLE("", "", 0),
    SAMPLE("ascii \x7F", "ascii \x7F", 7),
    SAMPLE("中文", "\xD6\xD0\xCE\xC4", 6),
    SAMPLE("a😀中", "a?\xD6\xD0", 1),            /* not in GBK */
    SAMPLE("é€中", "\xA8\xA6?\xD6\xD0", 2),     /* the euro neither */
    SAMPLE("中\xFF文", "\xD6\xD0?\xCE\xC4", 3), /* not UTF-8 */
    SAMPLE("\xE4\xB8", "??", 0),                /* cut */
    SAMPLE("\xEE\x80\x80" BAD, "??", 0),        /* a private character */
};

static void characters_that_gbk_lacks_become_question_marks(void)
{
    for (size_t i = 0; i < sizeof(to_encode) / sizeof(to_encode[0]); i++) {
        const struct sample *s = &to_encode[i];
        char gbk[64] = "";
        size_t length = 0, bad = 0;
        CHECK_OK(gbk_encode(s->bytes, s->length, gbk, sizeof(gbk) - 1, &length, &bad));
        gbk[length] = '\0';
        CU_ASSERT_STRING_EQUAL(gbk, s->expected);
        CU_ASSERT_EQUAL(bad, s->bad);
    }
}

static void nul_is_a_character_like_others(void)
{
    char gbk[8], text[8];
    size_t length = 0;

    CHECK_OK(gbk_encode("\0中\0", 5, gbk, sizeof(gbk), &length, NULL));
    CU_ASSERT_EQUAL(length, 4);
    CU_ASSERT_EQUAL(memcmp(gbk, "\0\xD6\xD0\0", 4), 0);
    CHECK_OK(gbk_decode(gbk, 4, text, sizeof(text), &length, NULL));
    CU_ASSERT_EQUAL(length, 5);
    CU_ASSERT_EQUAL(memcmp(text, "\0中\0", 5), 0);
}

static void encoded_text_is_cut_between_characters(void)
{
    static const size_t by_size[] = {0, 1, 1, 3};
    char gbk[5];
    size_t length = 0, bad = 0;

    for (size_t size = 0; size < 4; size++) {
        memset(gbk, '#', sizeof(gbk));
        CHECK_ERROR(gbk_encode("a中😀", 8, gbk, size, &length, &bad), WEFT_ETRUNCATED);
        CU_ASSERT_EQUAL(length, by_size[size]);
        CU_ASSERT_EQUAL(memcmp(gbk, "a\xD6\xD0", length), 0);
        CU_ASSERT_EQUAL(gbk[length], '#');
        CU_ASSERT_EQUAL(bad, 8); /* what did not fit was not replaced */
    }
    CHECK_OK(gbk_encode("a中😀", 8, gbk, 4, &length, &bad));
    CU_ASSERT_EQUAL(length, 4);
    CU_ASSERT_EQUAL(bad, 4);
}

const char *const suite_name = "gbk";
CU_TestInfo suite_cases[] = {
    {"the_table_is_not_memory_of_the_allocator", the_table_is_not_memory_of_the_allocator},
    {"all_pairs_decode_as_in_python", all_pairs_decode_as_in_python},
    {"every_character_comes_back_from_encoding", every_character_comes_back_from_encoding},
    {"threads_may_all_be_the_first", threads_may_all_be_the_first},
    {"bad_bytes_are_replaced_one_by_one", bad_bytes_are_replaced_one_by_one},
    {"a_decoded_text_is_cut_between_characters", a_decoded_text_is_cut_between_characters},
    {"characters_that_gbk_lacks_become_question_marks",
     characters_that_gbk_lacks_become_question_marks},
    {"nul_is_a_character_like_others", nul_is_a_character_like_others},
    {"encoded_text_is_cut_between_characters", encoded_text_is_cut_between_characters},
    CU_TEST_INFO_NULL,
};
