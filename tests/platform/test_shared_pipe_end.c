/* SPDX-License-Identifier: MIT */
/* Two processes at a pipe, and what one is told when the other closes its end, ends or is
 * killed. */
#include "check.h"

#include <stdint.h>

#include "crew.h"
#include "shared_ends.h"
#include "weft/shared_pipe.h"

enum { ROUNDS = 2000 };

/* Sends each number back, one more, until there are none. */
static int answer(weft_task *task)
{
    weft_shared_pipe end = WEFT_ARG(task, weft_shared_pipe);
    uint32_t number;
    int err;

    while ((err = receive_number(end, &number, SOON)) == 0)
        REQUIRE(task, send_number(end, number + 1, SOON) == 0);
    REQUIRE(task, err == WEFT_ECLOSED);
    weft_shared_pipe_close(end);
    return 0;
}

static void a_conversation_ends_with_the_close_of_one_end(void)
{
    struct ends p = make_pipe(0);
    weft_process *process = start_process(answer, &p.other, sizeof(p.other));

    for (uint32_t i = 0; i < ROUNDS; i++) {
        CHECK_OK(send_number(p.one, 2 * i, SOON));
        expect_number(p.one, 2 * i + 1);
    }
    weft_shared_pipe_close(p.one);
    join_process(process);
}

/* Sends three numbers and ends without closing. */
static int say_and_leave(weft_task *task)
{
    weft_shared_pipe end = WEFT_ARG(task, weft_shared_pipe);

    for (uint32_t i = 0; i < 3; i++)
        REQUIRE(task, send_number(end, i, SOON) == 0);
    return 0;
}

static void what_a_process_sent_is_read_after_its_end(void)
{
    struct ends p = make_pipe(0);
    uint32_t number = 7;

    join_process(start_process(say_and_leave, &p.other, sizeof(p.other)));
    for (uint32_t i = 0; i < 3; i++)
        expect_number(p.one, i);
    CHECK_ERROR(receive_number(p.one, &number, WEFT_NOW), WEFT_ECLOSED);
    CHECK_ERROR(receive_number(p.one, &number, WEFT_FOREVER), WEFT_ECLOSED);
    CHECK_ERROR(send_number(p.one, 1, WEFT_FOREVER), WEFT_ECLOSED);
    close_pipe(p);
}

static void an_end_may_get_another_user(void)
{
    struct ends p = make_pipe(0);
    uint32_t number;

    /* The end is nobody's yet, so waiting is not in vain. */
    CHECK_ERROR(receive_number(p.one, &number, weft_in(WEFT_MS(12))), WEFT_ETIMEDOUT);
    for (int round = 0; round < 2; round++) {
        join_process(start_process(say_and_leave, &p.other, sizeof(p.other)));
        for (uint32_t i = 0; i < 3; i++)
            expect_number(p.one, i);
        CHECK_ERROR(receive_number(p.one, &number, WEFT_FOREVER), WEFT_ECLOSED);
    }
    close_pipe(p);
}

/* Says that it is there, and waits for what never comes. */
static int wait_in_vain(weft_task *task)
{
    weft_shared_pipe end = WEFT_ARG(task, weft_shared_pipe);
    uint32_t number;

    REQUIRE(task, send_number(end, 1, SOON) == 0);
    return receive_number(end, &number, SOON);
}

struct killer {
    weft_process *victim;
};

static int kill_soon(weft_task *task)
{
    struct killer *killer = WEFT_ARG(task, struct killer *);

    weft_sleep(WEFT_MS(20)); /* the other waits by then, or will find the end dead */
    return weft_process_kill(killer->victim);
}

/* A process that talked to p.one and will be killed in a moment. */
static weft_thread *start_and_kill_soon(const struct ends *p, struct killer *killer)
{
    weft_thread *thread;

    killer->victim = start_process(wait_in_vain, &p->other, sizeof(p->other));
    expect_number(p->one, 1);
    start_threads(&thread, 1, kill_soon, killer);
    return thread;
}

static void end_of(struct killer *killer, weft_thread *thread)
{
    join_threads(&thread, 1);
    kill_process(killer->victim);
}

static void a_waiting_receiver_is_told_that_the_other_was_killed(void)
{
    struct ends p = make_pipe(0);
    struct killer killer;
    weft_thread *thread = start_and_kill_soon(&p, &killer);
    uint32_t number = 7;

    CHECK_ERROR(receive_number(p.one, &number, WEFT_FOREVER), WEFT_ECLOSED);
    end_of(&killer, thread);
    close_pipe(p);
}

static int fill_for_ever(weft_shared_pipe end)
{
    int err;

    while ((err = send_number(end, 1, WEFT_FOREVER)) == 0)
        continue;
    return err;
}

static void a_waiting_sender_is_told_that_the_other_was_killed(void)
{
    struct ends p = make_pipe(32);
    struct killer killer;
    weft_thread *thread = start_and_kill_soon(&p, &killer);

    CHECK_ERROR(fill_for_ever(p.one), WEFT_ECLOSED);
    end_of(&killer, thread);
    close_pipe(p);
}

static bool cannot_send(void *context)
{
    return send_number(*(weft_shared_pipe *)context, 1, WEFT_NOW) == WEFT_ECLOSED;
}

static void a_sender_who_never_waits_is_told_too(void)
{
    struct ends p = make_pipe(10000000);

    join_process(start_process(say_and_leave, &p.other, sizeof(p.other)));
    CU_ASSERT_TRUE(eventually(cannot_send, &p.one)); /* long before it is full */
    close_pipe(p);
}

const char *const suite_name = "shared_pipe_end";
CU_TestInfo suite_cases[] = {
    {"a_conversation_ends_with_the_close_of_one_end",
     a_conversation_ends_with_the_close_of_one_end},
    {"what_a_process_sent_is_read_after_its_end", what_a_process_sent_is_read_after_its_end},
    {"an_end_may_get_another_user", an_end_may_get_another_user},
    {"a_waiting_receiver_is_told_that_the_other_was_killed",
     a_waiting_receiver_is_told_that_the_other_was_killed},
    {"a_waiting_sender_is_told_that_the_other_was_killed",
     a_waiting_sender_is_told_that_the_other_was_killed},
    {"a_sender_who_never_waits_is_told_too", a_sender_who_never_waits_is_told_too},
    CU_TEST_INFO_NULL,
};
