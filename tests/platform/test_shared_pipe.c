/* SPDX-License-Identifier: MIT */
/* The pipe between processes, used by one process at both ends. Two processes, and what one is
 * told when the other ends: test_shared_pipe_end.c. */
#include "check.h"

#include <stdint.h>
#include <string.h>

#include "crew.h"
#include "fail.h"
#include "shared_ends.h"
#include "weft/arena.h"
#include "weft/cancel.h"
#include "weft/shared_pipe.h"

enum { ROUNDS = 2000, THREADS = 3 };

static void messages_go_both_ways_in_order(void)
{
    struct ends p = make_pipe(0);

    for (uint32_t i = 0; i < 3; i++) {
        CHECK_OK(send_number(p.one, i, WEFT_NOW));
        CHECK_OK(send_number(p.other, 100 + i, WEFT_NOW));
    }
    for (uint32_t i = 0; i < 3; i++) {
        expect_number(p.other, i);
        expect_number(p.one, 100 + i);
    }
    close_pipe(p);
}

static void messages_keep_their_sizes(void)
{
    struct ends p = make_pipe(0);
    char text[8] = "-------";
    size_t length = 7;

    CHECK_OK(weft_shared_pipe_send(p.one, NULL, 0, WEFT_NOW));
    CHECK_OK(weft_shared_pipe_send(p.one, "seven", 5, WEFT_NOW));
    CHECK_OK(weft_shared_pipe_receive(p.other, text, sizeof(text), &length, WEFT_NOW));
    CU_ASSERT_EQUAL(length, 0);
    /* Asking for 0 bytes tells whether one is there, and its size. */
    CHECK_ERROR(weft_shared_pipe_receive(p.other, NULL, 0, &length, WEFT_NOW), WEFT_ETOOBIG);
    CU_ASSERT_EQUAL(length, 5);
    CHECK_ERROR(weft_shared_pipe_receive(p.other, text, 7, NULL, WEFT_NOW), WEFT_ETOOBIG);
    CU_ASSERT_EQUAL(strcmp(text, "-------"), 0);
    CHECK_OK(weft_shared_pipe_receive(p.other, text, sizeof(text), &length, WEFT_NOW));
    CU_ASSERT_EQUAL(length, 5);
    CU_ASSERT_EQUAL(memcmp(text, "seven--", 7), 0);
    close_pipe(p);
}

static void bytes_bound_each_direction(void)
{
    struct ends p = make_pipe(64);
    char message[57] = {0};

    CHECK_ERROR(weft_shared_pipe_send(p.one, message, 57, WEFT_FOREVER), WEFT_ETOOBIG);
    CHECK_SENTENCE("57");
    for (int direction = 0; direction < 2; direction++) {
        weft_shared_pipe end = direction == 0 ? p.one : p.other;

        for (int i = 0; i < 4; i++)
            CHECK_OK(weft_shared_pipe_send(end, message, 8, WEFT_NOW));
        CHECK_ERROR(weft_shared_pipe_send(end, NULL, 0, WEFT_NOW), WEFT_ETIMEDOUT);
        CHECK_SENTENCE("full");
    }
    close_pipe(p);
}

static void waits_end_at_the_deadline_and_not_before(void)
{
    struct ends p = make_pipe(16);
    uint32_t number = 7;
    weft_time until = weft_in(WEFT_MS(20));

    CHECK_ERROR(receive_number(p.one, &number, WEFT_NOW), WEFT_ETIMEDOUT);
    CHECK_ERROR(receive_number(p.one, &number, until), WEFT_ETIMEDOUT);
    CU_ASSERT_TRUE(weft_clock() >= until);
    CU_ASSERT_EQUAL(number, 7);
    CHECK_OK(send_number(p.one, 1, WEFT_NOW));
    until = weft_in(WEFT_MS(20));
    CHECK_ERROR(send_number(p.one, 2, until), WEFT_ETIMEDOUT);
    CU_ASSERT_TRUE(weft_clock() >= until);
    close_pipe(p);
}

static void a_cancelled_task_receives_what_is_there(void)
{
    struct ends p = make_pipe(16);
    weft_cancel cancel = WEFT_CANCEL_INIT;
    const weft_cancel *before = weft_cancel_enter(&cancel);
    uint32_t number;

    weft_cancel_request(&cancel);
    CHECK_OK(send_number(p.one, 1, WEFT_FOREVER));
    CHECK_ERROR(send_number(p.one, 2, WEFT_FOREVER), WEFT_ECANCELED);
    CHECK_SENTENCE("cancelled");
    expect_number(p.other, 1);
    CHECK_ERROR(receive_number(p.other, &number, WEFT_FOREVER), WEFT_ECANCELED);
    weft_cancel_enter(before);
    close_pipe(p);
}

static void after_close_the_other_end_reads_what_was_sent(void)
{
    struct ends p = make_pipe(0);
    uint32_t number = 7;

    CHECK_OK(send_number(p.one, 1, WEFT_NOW));
    CHECK_OK(send_number(p.other, 2, WEFT_NOW));
    weft_shared_pipe_close(p.one);
    CHECK_ERROR(send_number(p.other, 3, WEFT_FOREVER), WEFT_ECLOSED);
    CHECK_SENTENCE("other end");
    expect_number(p.other, 1);
    CHECK_ERROR(receive_number(p.other, &number, WEFT_FOREVER), WEFT_ECLOSED);
    CU_ASSERT_EQUAL(number, 7);
    weft_shared_pipe_close(p.other);
}

static void what_is_no_pipe_is_misuse(void)
{
    const weft_shared_pipe none = {0}, odd = {6};
    struct ends p = make_pipe(0);
    uint32_t number = 7;

    expect_misuse(WEFT_EINVAL);
    CHECK_ERROR(send_number(none, 1, WEFT_NOW), WEFT_EINVAL);
    CHECK_MISUSE_SEEN();
    expect_misuse(WEFT_EINVAL);
    CHECK_ERROR(receive_number(odd, &number, WEFT_NOW), WEFT_EINVAL);
    CHECK_MISUSE_SEEN();
    expect_misuse(WEFT_EINVAL);
    CHECK_ERROR(weft_shared_pipe_send(p.one, NULL, 1, WEFT_NOW), WEFT_EINVAL);
    CHECK_MISUSE_SEEN();
    close_pipe(p);
    expect_misuse(WEFT_EINVAL); /* the second close was the last */
    CHECK_ERROR(receive_number(p.one, &number, WEFT_NOW), WEFT_EINVAL);
    CHECK_MISUSE_SEEN();
    weft_shared_pipe_close(none);
}

static int create_and_close(void *context)
{
    struct ends p = {{7}, {7}};
    int err = weft_shared_pipe_create(&p.one, &p.other, 0);

    (void)context;
    if (err == 0)
        close_pipe(p);
    else
        CU_ASSERT_TRUE(p.one.at == 7 && p.other.at == 7);
    return err;
}

static void a_full_arena_is_an_error_at_creation(void)
{
    struct ends p;

    CU_ASSERT_TRUE(refuse_each_passage("arena.alloc", WEFT_ENOMEM, create_and_close, NULL) > 0);
    CHECK_ERROR(weft_shared_pipe_create(&p.one, &p.other, SIZE_MAX), WEFT_EINVAL);
}

static void the_second_close_gives_the_memory_back(void)
{
    weft_shared_usage before, after;
    struct ends p;

    weft_shared_usage_get(&before);
    p = make_pipe(0);
    weft_shared_pipe_close(p.one);
    weft_shared_pipe_close(p.one); /* twice is no second one */
    weft_shared_usage_get(&after);
    CU_ASSERT_TRUE(after.bytes >= before.bytes + 2 * 65536);
    weft_shared_pipe_close(p.other);
    weft_shared_usage_get(&after);
    CU_ASSERT_EQUAL(after.blocks, before.blocks);
}

struct talk {
    weft_shared_pipe end;
    uint32_t sum; /* of what the thread received */
};

static int send_many(weft_task *task)
{
    struct talk *t = WEFT_ARG(task, struct talk *);

    for (uint32_t i = 1; i <= ROUNDS; i++)
        REQUIRE(task, send_number(t->end, i, SOON) == 0);
    return 0;
}

static int receive_many(weft_task *task)
{
    struct talk *t = WEFT_ARG(task, struct talk *);
    uint32_t number;

    for (uint32_t i = 0; i < ROUNDS; i++) {
        REQUIRE(task, receive_number(t->end, &number, SOON) == 0);
        t->sum += number;
    }
    return 0;
}

static void several_threads_share_an_end(void)
{
    weft_thread *senders[THREADS], *receivers[THREADS];
    struct ends p = make_pipe(100);
    struct talk out = {p.one, 0}, in[THREADS];
    uint32_t sum = 0;

    start_threads(senders, THREADS, send_many, &out);
    for (int i = 0; i < THREADS; i++) {
        in[i] = (struct talk){p.other, 0};
        start_threads(&receivers[i], 1, receive_many, &in[i]);
    }
    join_threads(senders, THREADS);
    join_threads(receivers, THREADS);
    for (int i = 0; i < THREADS; i++)
        sum += in[i].sum;
    CU_ASSERT_EQUAL(sum, THREADS * (ROUNDS * (ROUNDS + 1) / 2));
    close_pipe(p);
}

const char *const suite_name = "shared_pipe";
CU_TestInfo suite_cases[] = {
    {"messages_go_both_ways_in_order", messages_go_both_ways_in_order},
    {"messages_keep_their_sizes", messages_keep_their_sizes},
    {"bytes_bound_each_direction", bytes_bound_each_direction},
    {"waits_end_at_the_deadline_and_not_before", waits_end_at_the_deadline_and_not_before},
    {"a_cancelled_task_receives_what_is_there", a_cancelled_task_receives_what_is_there},
    {"after_close_the_other_end_reads_what_was_sent",
     after_close_the_other_end_reads_what_was_sent},
    {"what_is_no_pipe_is_misuse", what_is_no_pipe_is_misuse},
    {"a_full_arena_is_an_error_at_creation", a_full_arena_is_an_error_at_creation},
    {"the_second_close_gives_the_memory_back", the_second_close_gives_the_memory_back},
    {"several_threads_share_an_end", several_threads_share_an_end},
    CU_TEST_INFO_NULL,
};
