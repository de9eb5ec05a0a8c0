/* SPDX-License-Identifier: MIT */
/*
 * Ctrl-C: what it does to a program with a pool of processes.
 *
 * The program is a child of this one, in a group of its own, and a shell sends the signal to
 * the group, as a terminal does. Its workers write to the same pipe as itself: its end says
 * that all of them are gone.
 */
#include "check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crew.h"
#include "fail.h"
#include "program.h"
#include "weft/atomic.h"
#include "weft/cancel.h"
#include "weft/caps.h"
#include "weft/executor.h"
#include "weft/text.h"

enum { WORKERS = 3, TASKS = 50, TEXT = 4000 };

static weft_cancel stop = WEFT_CANCEL_INIT;

/* ---- in the program ---------------------------------------------------------------------- */

static int print_and_sleep(weft_task *task)
{
    (void)task;
    (void)weft_print("ready\n");
    return weft_sleep(WEFT_S(3600));
}

static weft_executor *open_pool(void)
{
    weft_executor *pool = weft_process_pool(&(weft_pool_options){.workers = WORKERS});

    if (!pool)
        exit(7);
    return pool;
}

static int map_until_stopped_here(weft_task *task)
{
    weft_executor *pool = open_pool();
    int items[TASKS] = {0};
    int err;

    REQUIRE(task, weft_cancel_on_interrupt(&stop) == 0);
    REQUIRE(task, !weft_interrupted());
    weft_cancel_enter(&stop);
    err = weft_map(pool, print_and_sleep, WEFT_ITEMS(items), NULL, 0, 0, WEFT_FOREVER);
    REQUIRE(task, err == WEFT_ECANCELED);
    weft_executor_close(pool);
    exit(weft_interrupted() ? 130 : 8);
}

static int submit_until_stopped_here(weft_task *task)
{
    weft_executor *pool = open_pool();
    weft_future *futures[TASKS];
    int err = 0;

    REQUIRE(task, weft_cancel_on_interrupt(&stop) == 0);
    weft_cancel_enter(&stop);
    for (int i = 0; i < TASKS && err == 0; i++)
        err = weft_submit(pool, &futures[i], print_and_sleep, NULL, 0);
    for (int i = 0; i < TASKS && err == 0; i++)
        err = weft_future_result(futures[i], NULL, 0, WEFT_FOREVER);
    REQUIRE(task, err == WEFT_ECANCELED);
    weft_executor_close(pool);
    exit(weft_interrupted() ? 130 : 8);
}

/* It hears the first Ctrl-C, says so, and does not care. */
static int be_stubborn_here(weft_task *task)
{
    weft_executor *pool = open_pool();

    REQUIRE(task, weft_cancel_on_interrupt(&stop) == 0);
    for (int i = 0; i < TASKS; i++)
        REQUIRE(task, weft_submit(pool, NULL, print_and_sleep, NULL, 0) == 0);
    while (!weft_interrupted())
        weft_sleep(WEFT_MS(1));
    while (!weft_cancel_requested(&stop))
        weft_sleep(WEFT_MS(1));
    (void)weft_print("once\n");
    weft_sleep(WEFT_FOREVER);
    return 0;
}

static int map_unprepared_here(weft_task *task)
{
    weft_executor *pool = open_pool();
    int items[TASKS] = {0};

    (void)task;
    return weft_map(pool, print_and_sleep, WEFT_ITEMS(items), NULL, 0, 0, WEFT_FOREVER);
}

static int listen_no_more_here(weft_task *task)
{
    REQUIRE(task, weft_cancel_on_interrupt(&stop) == 0);
    REQUIRE(task, weft_cancel_on_interrupt(&stop) == 0);
    REQUIRE(task, weft_cancel_on_interrupt(NULL) == 0);
    REQUIRE(task, weft_cancel_on_interrupt(NULL) == 0);
    return map_unprepared_here(task);
}

/*
 * The functions of the program leave the main thread free. It is the one that the system
 * interrupts, and ThreadSanitizer holds a signal back until that thread calls something that
 * it knows: to look at the clock will do.
 */
static int beside_the_main_thread(weft_task *task, weft_function *function)
{
    weft_thread *thread;
    int err;

    REQUIRE(task, weft_thread_start(&thread, function, NULL, 0) == 0);
    do
        err = weft_thread_join(thread, weft_in(WEFT_MS(5)));
    while (err == WEFT_ETIMEDOUT);
    return err;
}

static int map_until_stopped(weft_task *task)
{
    return beside_the_main_thread(task, map_until_stopped_here);
}

static int submit_until_stopped(weft_task *task)
{
    return beside_the_main_thread(task, submit_until_stopped_here);
}

static int be_stubborn(weft_task *task)
{
    return beside_the_main_thread(task, be_stubborn_here);
}

static int map_unprepared(weft_task *task)
{
    return beside_the_main_thread(task, map_unprepared_here);
}

static int listen_no_more(weft_task *task)
{
    return beside_the_main_thread(task, listen_no_more_here);
}

/* ---- in the test --------------------------------------------------------------------------- */

static bool has_signals(void)
{
    if (strcmp(weft_caps()->system, "windows") != 0)
        return true;
    skip("Ctrl-C can be sent only by a console");
    return false;
}

static weft_process *start_program(weft_function *function)
{
    const weft_process_options options = {
        .group = true, .output = WEFT_STREAM_PIPE, .errors = WEFT_STREAM_OUTPUT};
    weft_process *program = NULL;

    CU_ASSERT_EQUAL_FATAL(weft_process_start_with(&program, function, NULL, 0, &options), 0);
    return program;
}

/* Until the program and its workers have said so many lines. */
static void await_lines(weft_process *program, int lines)
{
    char byte = 0;
    size_t length = 1;

    while (lines > 0 && length == 1) {
        if (!CHECK_OK(weft_process_read(program, &byte, 1, &length, SOON)))
            return;
        lines -= byte == '\n';
    }
    CU_ASSERT_EQUAL(lines, 0);
}

static void press_ctrl_c(weft_process *program)
{
    char command[100];
    const char *const arguments[] = {"sh", "-c", command, NULL};
    weft_process *shell = NULL;

    snprintf(command, sizeof(command), "kill -s INT -- -%llu",
             (unsigned long long)weft_process_pid(program));
    CHECK_OK(weft_process_open(&shell, arguments, NULL));
    CU_ASSERT_EQUAL(code_of(shell), 0);
}

/* All ends, and nobody says a word. */
static weft_process_status end_of(weft_process *program)
{
    weft_process_status status;
    char text[TEXT];

    read_all(program, text, sizeof(text));
    CU_ASSERT_STRING_EQUAL(text, "");
    CHECK_OK(weft_process_join(program, SOON));
    weft_process_status_get(program, &status);
    weft_process_close(program);
    return status;
}

static void check_code_130(weft_function *function)
{
    weft_process *program;
    weft_process_status status;

    if (!has_signals())
        return;
    program = start_program(function);
    await_lines(program, WORKERS);
    press_ctrl_c(program);
    status = end_of(program);
    CU_ASSERT_EQUAL(status.signal, 0);
    CU_ASSERT_EQUAL(status.code, 130);
}

static void ctrl_c_ends_a_map_with_code_130(void)
{
    check_code_130(map_until_stopped);
}

static void ctrl_c_ends_waiting_for_results_with_code_130(void)
{
    check_code_130(submit_until_stopped);
}

static void the_second_one_ends_a_program_that_does_not_care(void)
{
    weft_process *program;
    weft_process_status status;

    if (!has_signals())
        return;
    program = start_program(be_stubborn);
    await_lines(program, WORKERS);
    press_ctrl_c(program);
    await_lines(program, 1);
    press_ctrl_c(program);
    status = end_of(program);
    CU_ASSERT_EQUAL(status.signal, 0);
    CU_ASSERT_EQUAL(status.code, 130);
}

static void check_signal(weft_function *function)
{
    weft_process *program;
    weft_process_status status;

    if (!has_signals())
        return;
    program = start_program(function);
    await_lines(program, WORKERS);
    press_ctrl_c(program);
    status = end_of(program);
    CU_ASSERT_EQUAL(status.signal, 2);
}

static void without_the_call_ctrl_c_does_what_it_always_does(void)
{
    check_signal(map_unprepared);
}

static void a_call_with_null_brings_that_back(void)
{
    check_signal(listen_no_more);
}

static int listen(void *context)
{
    int err = weft_cancel_on_interrupt(context);

    return err != 0 ? err : weft_cancel_on_interrupt(NULL);
}

static void a_refusal_is_told(void)
{
    CU_ASSERT_EQUAL(refuse_each_passage("interrupt.listen", WEFT_ELIMIT, listen, &stop), 1);
    CU_ASSERT_FALSE(weft_interrupted());
    CU_ASSERT_FALSE(weft_cancel_requested(&stop));
}

const char *const suite_name = "interrupt";
CU_TestInfo suite_cases[] = {
    {"ctrl_c_ends_a_map_with_code_130", ctrl_c_ends_a_map_with_code_130},
    {"ctrl_c_ends_waiting_for_results_with_code_130",
     ctrl_c_ends_waiting_for_results_with_code_130},
    {"the_second_one_ends_a_program_that_does_not_care",
     the_second_one_ends_a_program_that_does_not_care},
    {"without_the_call_ctrl_c_does_what_it_always_does",
     without_the_call_ctrl_c_does_what_it_always_does},
    {"a_call_with_null_brings_that_back", a_call_with_null_brings_that_back},
    {"a_refusal_is_told", a_refusal_is_told},
    CU_TEST_INFO_NULL,
};
