/* SPDX-License-Identifier: MIT */
/* Messages over a connection on this machine, in both framings. */
#include "check.h"

#include <stdlib.h>
#include <string.h>

#include "crew.h"
#include "fail.h"
#include "net.h"
#include "weft/reader.h"

enum { BIG = 3 << 20 };

struct fixture {
    struct pair pair;
    weft_reader *reader; /* of what the client sends */
};

static void begin(struct fixture *f, enum weft_framing framing, size_t limit)
{
    open_pair(&f->pair, "127.0.0.1");
    CHECK_OK(weft_reader_create(&f->reader, f->pair.server, framing, limit));
}

static void end(struct fixture *f)
{
    weft_reader_close(f->reader);
    close_pair(&f->pair);
}

static bool next_is(weft_reader *reader, const char *expected)
{
    const char *message = NULL;
    size_t size = 0;

    return CHECK_OK(weft_reader_next(reader, &message, &size, SOON)) && size == strlen(expected) &&
           memcmp(message, expected, size) == 0;
}

static void lines_come_one_by_one(void)
{
    static const char sent[] = "one\r\n\nthree\nfo";
    const char *rest = NULL;
    size_t size = 0;
    struct fixture f;

    begin(&f, WEFT_FRAMING_LINE, 0);
    CHECK_OK(weft_socket_send(f.pair.client, sent, sizeof(sent) - 1, NULL, SOON));
    CU_ASSERT_TRUE(next_is(f.reader, "one"));
    CU_ASSERT_TRUE(next_is(f.reader, ""));
    CU_ASSERT_TRUE(next_is(f.reader, "three"));
    CHECK_ERROR(weft_reader_next(f.reader, &rest, &size, WEFT_NOW), WEFT_ETIMEDOUT);
    CHECK_OK(weft_socket_send(f.pair.client, "ur\n", 3, NULL, SOON));
    CU_ASSERT_TRUE(next_is(f.reader, "four"));
    weft_socket_close(f.pair.client);
    f.pair.client = NULL;
    CHECK_ERROR(weft_reader_next(f.reader, &rest, &size, SOON), WEFT_ECLOSED);
    CHECK_ERROR(weft_reader_next(f.reader, &rest, &size, SOON), WEFT_ECLOSED);
    end(&f);
}

static void what_is_sent_as_a_message_comes_as_one(void)
{
    static const enum weft_framing framings[] = {WEFT_FRAMING_LINE, WEFT_FRAMING_LENGTH32};
    char medium[4001] = "";
    struct fixture f;

    memset(medium, 'm', sizeof(medium) - 1);
    for (int i = 0; i < 2; i++) {
        begin(&f, framings[i], 0);
        CHECK_OK(weft_socket_send_frame(f.pair.client, framings[i], NULL, 0, SOON));
        CHECK_OK(weft_socket_send_frame(f.pair.client, framings[i], "消息", 6, SOON));
        CHECK_OK(weft_socket_send_frame(f.pair.client, framings[i], medium, 2043, SOON));
        CHECK_OK(weft_socket_send_frame(f.pair.client, framings[i], medium, 4000, SOON));
        CU_ASSERT_TRUE(next_is(f.reader, ""));
        CU_ASSERT_TRUE(next_is(f.reader, "消息"));
        CU_ASSERT_TRUE(next_is(f.reader, medium + 4000 - 2043));
        CU_ASSERT_TRUE(next_is(f.reader, medium));
        end(&f);
    }
}

static void a_line_that_would_change_is_not_sent(void)
{
    const char *message = NULL;
    size_t size = 0;
    struct fixture f;

    begin(&f, WEFT_FRAMING_LINE, 0);
    CHECK_ERROR(weft_socket_send_frame(f.pair.client, WEFT_FRAMING_LINE, "a\nb", 3, SOON),
                WEFT_EINVAL);
    CHECK_SENTENCE("has a line's end inside");
    CHECK_ERROR(weft_socket_send_frame(f.pair.client, WEFT_FRAMING_LINE, "a\r", 2, SOON),
                WEFT_EINVAL);
    CHECK_SENTENCE("ends in \\r");
    expect_misuse(WEFT_EINVAL);
    CHECK_ERROR(weft_socket_send_frame(f.pair.client, (enum weft_framing)7, "a", 1, SOON),
                WEFT_EINVAL);
    CHECK_MISUSE_SEEN();
    CHECK_ERROR(weft_reader_next(f.reader, &message, &size, WEFT_NOW), WEFT_ETIMEDOUT);
    end(&f);
}

static int send_a_big_one(weft_task *task)
{
    struct sender *s = WEFT_ARG(task, struct sender *);

    s->err = weft_socket_send_frame(s->socket, WEFT_FRAMING_LENGTH32, s->data, s->size, SOON);
    return 0;
}

static void a_message_may_be_larger_than_any_buffer(void)
{
    char *data = malloc(BIG);
    const char *message = NULL;
    weft_thread *thread;
    size_t size = 0;
    struct fixture f;

    CU_ASSERT_PTR_NOT_NULL_FATAL(data);
    for (size_t i = 0; i < BIG; i++)
        data[i] = (char)(i * 7 + i / 251);
    begin(&f, WEFT_FRAMING_LENGTH32, BIG);
    struct sender s = {.socket = f.pair.client, .data = data, .size = BIG, .err = WEFT_EINVAL};
    start_threads(&thread, 1, send_a_big_one, &s);
    CHECK_OK(weft_reader_next(f.reader, &message, &size, SOON));
    CU_ASSERT_EQUAL(size, BIG);
    CU_ASSERT_TRUE(size == BIG && memcmp(message, data, BIG) == 0);
    join_threads(&thread, 1);
    CHECK_OK(s.err);
    end(&f);
    free(data);
}

static void the_end_inside_a_message_is_not_the_end(void)
{
    const char *rest = NULL;
    size_t size = 0;
    struct fixture f;

    begin(&f, WEFT_FRAMING_LENGTH32, 0);
    CHECK_OK(weft_socket_send(f.pair.client, "\0\0\0\5abc", 7, NULL, SOON));
    weft_socket_close(f.pair.client);
    f.pair.client = NULL;
    CHECK_ERROR(weft_reader_next(f.reader, &rest, &size, SOON), WEFT_ETRUNCATED);
    CHECK_SENTENCE("after 3 bytes of a message");
    CU_ASSERT_EQUAL(size, 3);
    CU_ASSERT_TRUE(size == 3 && memcmp(rest, "abc", 3) == 0);
    CHECK_ERROR(weft_reader_next(f.reader, &rest, &size, SOON), WEFT_ECLOSED);
    CU_ASSERT_EQUAL(size, 0);
    end(&f);
}

static void a_message_over_the_limit_is_the_last(void)
{
    const char *message = NULL;
    size_t size = 0;
    struct fixture f;

    begin(&f, WEFT_FRAMING_LINE, 4);
    CHECK_OK(weft_socket_send(f.pair.client, "four\nfifth\nsix\n", 15, NULL, SOON));
    CU_ASSERT_TRUE(next_is(f.reader, "four"));
    CHECK_ERROR(weft_reader_next(f.reader, &message, &size, SOON), WEFT_ETOOBIG);
    CHECK_SENTENCE("longer than 4 bytes");
    CHECK_ERROR(weft_reader_next(f.reader, &message, &size, SOON), WEFT_ECLOSED);
    end(&f);
}

static void refused_memory_loses_nothing(void)
{
    const char *message = NULL;
    size_t size = 0;
    weft_reader *reader = NULL;
    struct fixture f;

    watch_memory();
    begin(&f, WEFT_FRAMING_LINE, 0);
    CHECK_OK(weft_socket_send(f.pair.client, "kept\n", 5, NULL, SOON));
    refuse_allocation(1);
    CHECK_ERROR(weft_reader_next(f.reader, &message, &size, SOON), WEFT_ENOMEM);
    refuse_allocation(1);
    CHECK_ERROR(weft_reader_create(&reader, f.pair.server, WEFT_FRAMING_LINE, 0), WEFT_ENOMEM);
    CU_ASSERT_PTR_NULL(reader);
    refuse_allocation(0);
    CU_ASSERT_TRUE(next_is(f.reader, "kept"));
    end(&f);
    unwatch_memory();
}

const char *const suite_name = "reader";
CU_TestInfo suite_cases[] = {
    {"lines_come_one_by_one", lines_come_one_by_one},
    {"what_is_sent_as_a_message_comes_as_one", what_is_sent_as_a_message_comes_as_one},
    {"a_line_that_would_change_is_not_sent", a_line_that_would_change_is_not_sent},
    {"a_message_may_be_larger_than_any_buffer", a_message_may_be_larger_than_any_buffer},
    {"the_end_inside_a_message_is_not_the_end", the_end_inside_a_message_is_not_the_end},
    {"a_message_over_the_limit_is_the_last", a_message_over_the_limit_is_the_last},
    {"refused_memory_loses_nothing", refused_memory_loses_nothing},
    CU_TEST_INFO_NULL,
};
