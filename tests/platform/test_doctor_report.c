/* SPDX-License-Identifier: MIT */
/* weft_doctor(): how its report comes about. */
#include "check.h"

#include <stdio.h>
#include <string.h>

#include "crew.h"
#include "fail.h"
#include "program.h"
#include "weft/caps.h"
#include "weft/doctor.h"
#include "weft/mutex.h"

enum { TEXT = 128 * 1024, LINE = 256 };

static char text[TEXT];

static size_t count(const char *part)
{
    size_t found = 0;

    for (const char *at = strstr(text, part); at; at = strstr(at + 1, part))
        found++;
    return found;
}

static void a_report_is_cut_to_its_room(void)
{
    char small[12];
    size_t length = 0, again = 0;

    CHECK_OK(weft_doctor_report(text, sizeof(text), &length));
    CU_ASSERT_EQUAL(strlen(text), length);
    CHECK_ERROR(weft_doctor_report(NULL, 0, &again), WEFT_ETRUNCATED);
    CU_ASSERT_TRUE(again > 0);
    CHECK_ERROR(weft_doctor_report(small, sizeof(small), NULL), WEFT_ETRUNCATED);
    CHECK_SENTENCE("12");
    CU_ASSERT_STRING_EQUAL(small, "weft doctor");
    CHECK_OK(weft_doctor_report(text, length + 1, &again));
    CHECK_ERROR(weft_doctor_report(text, again, NULL), WEFT_ETRUNCATED);
}

static void it_needs_no_memory(void)
{
    watch_memory();
    refuse_allocation(1);
    CHECK_OK(weft_doctor_report(text, sizeof(text), NULL));
    CU_ASSERT_EQUAL(count("weft doctor: "), 1);
    refuse_allocation(0);
    unwatch_memory();
}

static int acquire_for_a_moment(weft_task *task)
{
    weft_mutex *mutex = WEFT_ARG(task, weft_mutex *);

    if (weft_mutex_acquire(mutex, SOON) == 0)
        weft_mutex_release(mutex);
    return 0;
}

static int report_often(weft_task *task)
{
    char *own = WEFT_ARG(task, char *);

    for (int i = 0; i < 200; i++)
        if (weft_doctor_report(own, LINE, NULL) == 0 && strncmp(own, "weft doctor", 11) != 0)
            own[0] = '!';
    return 0;
}

static void threads_report_while_others_come_and_go(void)
{
    static char own[2][LINE];
    weft_mutex mutex = WEFT_MUTEX_INIT;
    weft_thread *reporters[2], *others[4];

    start_threads(&reporters[0], 1, report_often, own[0]);
    start_threads(&reporters[1], 1, report_often, own[1]);
    while (weft_thread_is_alive(reporters[0])) {
        start_threads(others, 4, acquire_for_a_moment, &mutex);
        join_threads(others, 4);
    }
    join_threads(reporters, 2);
    CU_ASSERT_EQUAL(own[0][0], 'w');
    CU_ASSERT_EQUAL(own[1][0], 'w');
}

/* ---- on request ------------------------------------------------------------------- */

static void the_program_reports_on_request_and_goes_on(void)
{
    static const weft_process_options all = {
        .input = WEFT_STREAM_PIPE, .output = WEFT_STREAM_PIPE, .errors = WEFT_STREAM_OUTPUT};
    weft_process *process;
    size_t length = 0, got = 1;

    refuse_passage("doctor.listen", 1, WEFT_ELIMIT);
    CHECK_ERROR(weft_doctor_on_request(), WEFT_ELIMIT);
    refuse_passage("doctor.listen", 0, 0);
    CHECK_OK(weft_doctor_on_request());
    CHECK_OK(weft_doctor_on_request());
    if (strcmp(weft_caps()->system, "windows") == 0) {
        skip("no program can be sent Ctrl-Break here");
        return;
    }
    process = open_echo("doctor", NULL, &all);
    text[0] = '\0';
    while (process && got > 0 && !strstr(text, "MainThread: waits for sleep") &&
           CHECK_OK(
               weft_process_read(process, text + length, sizeof(text) - length - 1, &got, SOON))) {
        length += got;
        text[length] = '\0';
    }
    /* The first report may find it on the way to its sleep. */
    CU_ASSERT_TRUE(count("weft doctor: 2 threads\n") >= 1);
    CU_ASSERT_EQUAL(count("1 MainThread: waits for sleep, "), 1);
    CU_ASSERT_TRUE(count("weft-doctor: runs\n") >= 1);
    kill_process(process);
}

const char *const suite_name = "doctor_report";
CU_TestInfo suite_cases[] = {
    {"a_report_is_cut_to_its_room", a_report_is_cut_to_its_room},
    {"it_needs_no_memory", it_needs_no_memory},
    {"threads_report_while_others_come_and_go", threads_report_while_others_come_and_go},
    {"the_program_reports_on_request_and_goes_on", the_program_reports_on_request_and_goes_on},
    CU_TEST_INFO_NULL,
};
