/* SPDX-License-Identifier: MIT */
/*
 * The lessons of one program: what it prints is what its twin in Python prints, and
 * what lesson.out says, with the same options for both. They count as in the course,
 * but hardly sleep.
 */
#include <stdio.h>
#include <string.h>

#include "check.h"
#include "conversation.h"
#include "twin.h"
#include "weft/caps.h"

static const char *const no_options[] = {NULL};
static const char *const hardly_sleeping[] = {"--seconds", "0.02", NULL};

enum order { IN_ORDER, AS_SCHEDULED };

/* Runs it to its end; what it printed, comparable. */
static void run(struct conversation *c, enum language language, const char *lesson,
                const char *const *options, enum order order)
{
    struct command command;

    converse(c, command_of(&command, language, lesson, NULL, options), OUTPUT_IS_READ);
    CU_ASSERT_EQUAL(finish(c), 0);
    mask_numbers(c->text);
    if (order == AS_SCHEDULED)
        sort_lines(c->text);
}

static void expect_twins(const char *lesson, const char *const *options, enum order order)
{
    static struct conversation in_c, in_python;
    static char expected[CONVERSATION_TEXT];

    run(&in_c, IN_C, lesson, options, order);
    recorded(lesson, "lesson.out", expected, sizeof(expected));
    if (order == AS_SCHEDULED)
        sort_lines(expected);
    CHECK_TEXT(in_c.text, expected);
    if (!has_python())
        return;
    run(&in_python, IN_PYTHON, lesson, options, order);
    CHECK_TEXT(in_c.text, in_python.text);
}

static void thread_is_as_in_python(void)
{
    expect_twins("01-thread", hardly_sleeping, AS_SCHEDULED);
}

static void threads_with_argument_are_as_in_python(void)
{
    expect_twins("02-threads-with-argument", hardly_sleeping, AS_SCHEDULED);
}

static void thousand_threads_are_as_in_python(void)
{
    expect_twins("03-thousand-threads", hardly_sleeping, AS_SCHEDULED);
}

static void lock_is_as_in_python(void)
{
    expect_twins("04-lock", hardly_sleeping, AS_SCHEDULED);
}

static void with_lock_is_as_in_python(void)
{
    expect_twins("05-with-lock", hardly_sleeping, AS_SCHEDULED);
}

/* As many threads as the lesson's own server lets wait: a hundred that connect at once
 * are too many for SDL2_net. */
static void queue_is_as_in_python(void)
{
    static const char *const few[] = {"--threads", "5", NULL};

    expect_twins("06-queue", weft_caps()->listen_backlog < 100 ? few : no_options, AS_SCHEDULED);
}

static void processes_are_as_in_python(void)
{
    expect_twins("07-processes", no_options, AS_SCHEDULED);
}

static void process_queue_is_as_in_python(void)
{
    expect_twins("08-process-queue", no_options, AS_SCHEDULED);
}

static void pool_apply_is_as_in_python(void)
{
    expect_twins("09-pool-apply", hardly_sleeping, AS_SCHEDULED);
}

static void pool_map_is_as_in_python(void)
{
    expect_twins("10-pool-map", no_options, IN_ORDER);
}

static void thread_executor_is_as_in_python(void)
{
    expect_twins("11-thread-executor", no_options, AS_SCHEDULED);
}

static void process_executor_is_as_in_python(void)
{
    expect_twins("12-process-executor", no_options, IN_ORDER);
}

/* A hundred pages of 10 ms take longer than that, on every machine. */
static void cancel_is_as_in_python(void)
{
    static const char *const little_time[] = {"--seconds", "0.2", NULL};

    expect_twins("16-cancel", little_time, AS_SCHEDULED);
}

static void futures_are_as_in_python(void)
{
    expect_twins("17-futures", no_options, AS_SCHEDULED);
}

/* The other worker of Python's pool may be on its way home when the first one crashes. */
static void forgive(char *text, const char *printed, const char *expected)
{
    char *at = strstr(text, printed);

    if (!at)
        return;
    memmove(at + strlen(expected), at + strlen(printed), strlen(at + strlen(printed)) + 1);
    memcpy(at, expected, strlen(expected));
}

/* Where Python does something else, each prints its own. */
static void expect_each(const char *lesson)
{
    static struct conversation in_c, in_python;
    static char expected[CONVERSATION_TEXT];

    run(&in_c, IN_C, lesson, no_options, IN_ORDER);
    CHECK_TEXT(in_c.text, recorded(lesson, "lesson.out", expected, sizeof(expected)));
    if (!has_python())
        return;
    run(&in_python, IN_PYTHON, lesson, no_options, IN_ORDER);
    forgive(in_python.text, "2: the pool is broken\n", "2: 4\n");
    CHECK_TEXT(in_python.text, recorded(lesson, "lesson.py.out", expected, sizeof(expected)));
}

static void worker_crash_is_told_better_than_in_python(void)
{
    expect_each("18-worker-crash");
}

static void shared_memory_is_mended_unlike_in_python(void)
{
    expect_each("19-shared-memory");
}

static void pipe_is_as_in_python(void)
{
    expect_twins("20-pipe", no_options, IN_ORDER);
}

/* Patience for a busy machine: a ping that is late would be asked again. */
static void lossy_network_is_as_in_python(void)
{
    static const char *const patiently[] = {"--seconds", "1", NULL};

    expect_twins("24-lossy-network", patiently, IN_ORDER);
}

static void echo_by_threads_is_as_in_python(void)
{
    expect_twins("21-echo-threads", no_options, AS_SCHEDULED);
}

static void echo_by_pool_is_as_in_python(void)
{
    expect_twins("22-echo-pool", no_options, AS_SCHEDULED);
}

static void echo_by_loop_is_as_in_python(void)
{
    expect_twins("23-echo-loop", no_options, AS_SCHEDULED);
}

static void pages_are_as_in_python(void)
{
    static const char *const few[] = {"--at-once", "5", NULL};

    expect_twins("25-pages", weft_caps()->listen_backlog < 100 ? few : no_options, IN_ORDER);
}

const char *const suite_name = "lessons of one program";

/* Named as the lessons, and as their entries in ctest. */
CU_TestInfo suite_cases[] = {
    {"01-thread", thread_is_as_in_python},
    {"02-threads-with-argument", threads_with_argument_are_as_in_python},
    {"03-thousand-threads", thousand_threads_are_as_in_python},
    {"04-lock", lock_is_as_in_python},
    {"05-with-lock", with_lock_is_as_in_python},
    {"06-queue", queue_is_as_in_python},
    {"07-processes", processes_are_as_in_python},
    {"08-process-queue", process_queue_is_as_in_python},
    {"09-pool-apply", pool_apply_is_as_in_python},
    {"10-pool-map", pool_map_is_as_in_python},
    {"11-thread-executor", thread_executor_is_as_in_python},
    {"12-process-executor", process_executor_is_as_in_python},
    {"16-cancel", cancel_is_as_in_python},
    {"17-futures", futures_are_as_in_python},
    {"18-worker-crash", worker_crash_is_told_better_than_in_python},
    {"19-shared-memory", shared_memory_is_mended_unlike_in_python},
    {"20-pipe", pipe_is_as_in_python},
    {"21-echo-threads", echo_by_threads_is_as_in_python},
    {"22-echo-pool", echo_by_pool_is_as_in_python},
    {"23-echo-loop", echo_by_loop_is_as_in_python},
    {"24-lossy-network", lossy_network_is_as_in_python},
    {"25-pages", pages_are_as_in_python},
    CU_TEST_INFO_NULL,
};
