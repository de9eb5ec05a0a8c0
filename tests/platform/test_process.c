/* SPDX-License-Identifier: MIT */
/* Starting functions as processes. How they end is in test_process_end.c, what they see
 * in test_child.c. */
#include "check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crew.h"
#include "fail.h"
#include "weft/arena.h"
#include "weft/atomic.h"
#include "weft/memory.h"

enum { MANY = 80, STARTERS = 3, EACH = 8, LARGE = 1000000 };

/* What a child tells through the arena. */
struct report {
    weft_atomic_u64 pid;
    weft_atomic_u32 count; /* any process, relaxed */
};

struct order {
    weft_offset report;
    int number;
    char text[32];
};

static struct report *new_report(weft_offset *at)
{
    CU_ASSERT_EQUAL_FATAL(weft_shared_alloc(at, sizeof(struct report)), 0);
    return weft_shared_pointer(*at);
}

static int report_order(weft_task *task)
{
    struct order order = WEFT_ARG(task, struct order);
    struct report *report = weft_shared_pointer(order.report);

    REQUIRE(task, order.number == 7);
    REQUIRE(task, strcmp(order.text, "seven") == 0);
    weft_store_u64(&report->pid, weft_process_current_pid(), WEFT_RELEASE);
    return 0;
}

static void a_function_runs_in_a_process_of_its_own_with_its_argument(void)
{
    struct order order = {.number = 7, .text = "seven"};
    struct report *report = new_report(&order.report);
    weft_process *process = start_process(report_order, &order, sizeof(order));

    CU_ASSERT_PTR_NOT_NULL_FATAL(process);
    memset(order.text, 'x', sizeof(order.text)); /* it was copied */
    CHECK_OK(weft_process_join(process, SOON));
    uint64_t pid = weft_load_u64(&report->pid, WEFT_ACQUIRE);
    CU_ASSERT_EQUAL(pid, weft_process_pid(process));
    CU_ASSERT_NOT_EQUAL(pid, weft_process_current_pid());
    CU_ASSERT_NOT_EQUAL(pid, 0);
    join_process(process);
    weft_shared_free(order.report);
}

static int check_large_argument(weft_task *task)
{
    const unsigned char *bytes = weft_task_argument(task, LARGE);

    REQUIRE(task, bytes != NULL);
    for (size_t i = 0; i < LARGE; i++)
        REQUIRE(task, bytes[i] == i % 251);
    return 0;
}

static void a_large_argument_arrives_whole(void)
{
    unsigned char *bytes = malloc(LARGE);

    CU_ASSERT_PTR_NOT_NULL_FATAL(bytes);
    for (size_t i = 0; i < LARGE; i++)
        bytes[i] = (unsigned char)(i % 251);
    weft_process *process = start_process(check_large_argument, bytes, LARGE);
    memset(bytes, 0, LARGE);
    join_process(process);
    free(bytes);
}

static int need_no_argument(weft_task *task)
{
    REQUIRE(task, weft_task_argument_size(task) == 0);
    return 0;
}

static void a_function_needs_no_argument(void)
{
    join_process(start_process(need_no_argument, NULL, 0));
}

static void names_are_given_or_counted(void)
{
    const weft_process_options options = {.name = "worker \xe5\xb7\xa5"};
    weft_process *named = NULL, *counted = start_process(need_no_argument, NULL, 0);
    int number = 0;

    CHECK_OK(weft_process_start_with(&named, need_no_argument, NULL, 0, &options));
    CU_ASSERT_PTR_NOT_NULL_FATAL(named);
    CU_ASSERT_PTR_NOT_NULL_FATAL(counted);
    CU_ASSERT_STRING_EQUAL(weft_process_name(named), options.name);
    CU_ASSERT_EQUAL(sscanf(weft_process_name(counted), "Process-%d", &number), 1);
    CU_ASSERT_TRUE(number >= 1);
    join_process(named);
    join_process(counted);
}

static void close_of_null_does_nothing(void)
{
    weft_process_close(NULL);
    CU_PASS("it came back");
}

static int count_to_ten_and_end(weft_task *task)
{
    struct report *report = weft_shared_pointer(WEFT_ARG(task, weft_offset));

    for (int i = 0; i < 10; i++) {
        weft_sleep(WEFT_MS(1));
        weft_fetch_add_u32(&report->count, 1, WEFT_RELAXED);
    }
    return 0;
}

static bool has_counted_to_ten(void *report)
{
    return weft_load_u32(&((struct report *)report)->count, WEFT_RELAXED) == 10;
}

static void a_process_whose_handle_was_closed_goes_on(void)
{
    weft_offset at;
    struct report *report = new_report(&at);

    weft_process_close(start_process(count_to_ten_and_end, &at, sizeof(at)));
    CU_ASSERT_TRUE(eventually(has_counted_to_ten, report));
    weft_shared_free(at);
}

/* ---- many ------------------------------------------------------------------------ */

static int count_oneself(weft_task *task)
{
    struct report *report = weft_shared_pointer(WEFT_ARG(task, weft_offset));

    weft_fetch_add_u32(&report->count, 1, WEFT_RELAXED);
    return 0;
}

/* Ends when all are there. */
static int meet_all(weft_task *task)
{
    struct report *report = weft_shared_pointer(WEFT_ARG(task, weft_offset));
    weft_time until = SOON;

    weft_fetch_add_u32(&report->count, 1, WEFT_RELAXED);
    while (weft_load_u32(&report->count, WEFT_RELAXED) < MANY) {
        REQUIRE(task, weft_clock() < until);
        weft_sleep(WEFT_MS(10));
    }
    return 0;
}

/* More than the 64 handles that Windows can wait for in one call. */
static void eighty_run_at_once(void)
{
    weft_process *processes[MANY];
    weft_offset at;
    struct report *report = new_report(&at);

    start_processes(processes, MANY, meet_all, &at, sizeof(at));
    join_processes(processes, MANY);
    CU_ASSERT_EQUAL(weft_load_u32(&report->count, WEFT_RELAXED), MANY);
    weft_shared_free(at);
}

static weft_atomic_u32 failed_threads;

static void count_failed_thread(const char *name, int code, const char *sentence)
{
    (void)name;
    (void)code;
    (void)sentence;
    weft_fetch_add_u32(&failed_threads, 1, WEFT_RELAXED);
}

static int start_some(weft_task *task)
{
    weft_offset at = *WEFT_ARG(task, weft_offset *);

    for (int i = 0; i < EACH; i++) {
        weft_process *process;
        int err = weft_process_start(&process, count_oneself, &at, sizeof(at));

        if (err != 0)
            return err;
        err = weft_process_join(process, SOON);
        weft_process_close(process);
        if (err != 0)
            return err;
    }
    return 0;
}

static void threads_start_processes_at_once(void)
{
    weft_thread *threads[STARTERS];
    weft_offset at;
    struct report *report = new_report(&at);

    weft_on_failure(count_failed_thread);
    start_threads(threads, STARTERS, start_some, &at);
    join_threads(threads, STARTERS);
    weft_on_failure(NULL);
    CU_ASSERT_EQUAL(weft_load_u32(&failed_threads, WEFT_RELAXED), 0);
    CU_ASSERT_EQUAL(weft_load_u32(&report->count, WEFT_RELAXED), STARTERS * EACH);
    weft_shared_free(at);
}

/* ---- refused ---------------------------------------------------------------------- */

static int start_and_join(void *context)
{
    void *untouched = context;
    weft_process *process = untouched;
    int err = weft_process_start(&process, need_no_argument, NULL, 0);

    if (err != 0) {
        CU_ASSERT_PTR_EQUAL(process, untouched);
        return err;
    }
    join_process(process);
    return 0;
}

static void without_memory_nothing_runs_and_nothing_is_left(void)
{
    CU_ASSERT_TRUE(refuse_each_allocation(start_and_join, &(int){0}) > 0);
}

static void what_the_system_refuses_is_an_error_and_leaves_nothing(void)
{
    const char *const points[] = {"process.start", "thread.start", "arena.alloc"};

    for (size_t i = 0; i < sizeof(points) / sizeof(points[0]); i++)
        CU_ASSERT_TRUE(refuse_each_passage(points[i], WEFT_ELIMIT, start_and_join, &(int){0}) > 0);
}

static void an_argument_larger_than_memory_is_refused(void)
{
    weft_process *process = NULL;

    CHECK_ERROR(weft_process_start(&process, need_no_argument, &process, SIZE_MAX), WEFT_ENOMEM);
    CHECK_SENTENCE("process");
    CHECK_ERROR(weft_process_start(&process, need_no_argument, &process, SIZE_MAX / 4),
                WEFT_ENOMEM);
    CU_ASSERT_PTR_NULL(process);
}

static void a_function_of_no_module_is_not_found(void)
{
    char *no_code = weft_alloc(64);
    weft_process *process = NULL;
    int err;

    CU_ASSERT_PTR_NOT_NULL_FATAL(no_code);
    err = weft_process_start(&process, (weft_function *)(uintptr_t)no_code, NULL, 0);
    CHECK_ERROR(err, WEFT_ENOTFOUND);
    CU_ASSERT_PTR_NULL(process);
    weft_free(no_code);
}

const char *const suite_name = "process";
CU_TestInfo suite_cases[] = {
    {"a_function_runs_in_a_process_of_its_own_with_its_argument",
     a_function_runs_in_a_process_of_its_own_with_its_argument},
    {"a_large_argument_arrives_whole", a_large_argument_arrives_whole},
    {"a_function_needs_no_argument", a_function_needs_no_argument},
    {"names_are_given_or_counted", names_are_given_or_counted},
    {"close_of_null_does_nothing", close_of_null_does_nothing},
    {"a_process_whose_handle_was_closed_goes_on", a_process_whose_handle_was_closed_goes_on},
    {"eighty_run_at_once", eighty_run_at_once},
    {"threads_start_processes_at_once", threads_start_processes_at_once},
    {"without_memory_nothing_runs_and_nothing_is_left",
     without_memory_nothing_runs_and_nothing_is_left},
    {"what_the_system_refuses_is_an_error_and_leaves_nothing",
     what_the_system_refuses_is_an_error_and_leaves_nothing},
    {"an_argument_larger_than_memory_is_refused", an_argument_larger_than_memory_is_refused},
    {"a_function_of_no_module_is_not_found", a_function_of_no_module_is_not_found},
    CU_TEST_INFO_NULL,
};
