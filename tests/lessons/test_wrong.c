/* SPDX-License-Identifier: MIT */
/*
 * What --wrong shows, and --https of lesson 25. The course's own mistake, target=get_baidu()
 * instead of target=get_baidu, in the four lessons that fetch: both print the same, but only the
 * right one fetches side by side. A deadline that every page has anew (16), and futures
 * that are asked in the order of submit (17).
 *
 * Pages come from here where it matters when they do, or how many are asked for at once.
 */
#include <stdio.h>
#include <string.h>

#include "check.h"
#include "conversation.h"
#include "system.h"
#include "twin.h"
#include "weft/event.h"
#include "weft/mutex.h"
#include "weft/http_server.h"

enum { COUNT = 20 };

static struct conversation talk;

/* ---- lessons that fetch ---------------------------------------------------------- */

/* What the server saw; `mutex` guards the numbers. */
struct watch {
    weft_mutex mutex;
    int now, most;      /* pages under way */
    bool only_together; /* the first page waits for a second one; set before the start */
    weft_event two_at_once;
};

static void answer(const char *path, weft_http_reply *reply, void *context)
{
    struct watch *watch = context;

    (void)path;
    weft_mutex_acquire(&watch->mutex, WEFT_FOREVER);
    watch->now++;
    if (watch->now > watch->most)
        watch->most = watch->now;
    if (watch->now > 1)
        weft_event_set(&watch->two_at_once);
    weft_mutex_release(&watch->mutex);
    if (watch->only_together)
        weft_event_wait(&watch->two_at_once, SOON);
    weft_mutex_acquire(&watch->mutex, WEFT_FOREVER);
    watch->now--;
    weft_mutex_release(&watch->mutex);
    reply->body = "page";
    reply->size = 4;
}

/* Fetches COUNT pages of this server and prints 200 for each. */
static void fetch_all(struct watch *watch, enum language language, const char *lesson,
                      const char *wrong)
{
    weft_http_server *server = NULL;
    struct command command;
    char *next;
    int printed = 0;

    if (!CHECK_OK(weft_http_server_start(
            &server, &(weft_http_server_options){.handler = answer, .context = watch})))
        return;
    const char *const options[] = {"--count", "20", "--url", weft_http_server_url(server),
                                   wrong,     NULL};
    converse(&talk, command_of(&command, language, lesson, NULL, options), OUTPUT_IS_READ);
    CU_ASSERT_EQUAL(finish(&talk), 0);
    for (next = talk.text; strncmp(next, "200\n", 4) == 0; next += 4)
        printed++;
    CU_ASSERT_EQUAL(printed, COUNT);
    CU_ASSERT_TRUE(*next == '\0' || strncmp(next, "default workers: ", 17) == 0);
    weft_http_server_close(server);
}

static void expect_wrong_and_right(enum language language, const char *lesson)
{
    struct watch wrong = {0}, right = {.only_together = true};

    fetch_all(&wrong, language, lesson, "--wrong");
    CU_ASSERT_EQUAL(wrong.most, 1);
    fetch_all(&right, language, lesson, NULL);
    CU_ASSERT_TRUE(right.most > 1);
}

static void expect_of_both_languages(const char *lesson)
{
    expect_wrong_and_right(IN_C, lesson);
    if (has_python())
        expect_wrong_and_right(IN_PYTHON, lesson);
}

static void queue_wrong_fetches_one_after_another(void)
{
    expect_of_both_languages("06-queue");
}

static void process_queue_wrong_fetches_one_after_another(void)
{
    expect_of_both_languages("08-process-queue");
}

static void thread_executor_wrong_fetches_one_after_another(void)
{
    expect_of_both_languages("11-thread-executor");
}

static void process_executor_wrong_fetches_one_after_another(void)
{
    expect_of_both_languages("12-process-executor");
}

/* ---- 16-cancel ------------------------------------------------------------------- */

/* A hundred pages of 10 ms take longer than 0.9 s, and one of them does not. */
static void expect_crawl(enum language language, const char *wrong, const char *ending)
{
    const char *const options[] = {"--seconds", "0.9", wrong, NULL};
    struct command command;

    converse(&talk, command_of(&command, language, "16-cancel", NULL, options), OUTPUT_IS_READ);
    CU_ASSERT_EQUAL(finish(&talk), 0);
    CU_ASSERT_EQUAL(strncmp(talk.text, ending, strlen(ending)), 0);
    CU_ASSERT_PTR_NOT_NULL(strstr(talk.text, "sleep: cancelled\n"));
    CU_ASSERT_PTR_NOT_NULL(strstr(talk.text, "queue.get: cancelled\n"));
    CU_ASSERT_PTR_NOT_NULL(strstr(talk.text, "event.wait: cancelled\n"));
}

static void cancel_wrong_never_runs_out_of_time(void)
{
    expect_crawl(IN_C, NULL, "crawl: out of time\n");
    expect_crawl(IN_C, "--wrong", "crawl: done\n");
    if (!has_python())
        return;
    expect_crawl(IN_PYTHON, NULL, "crawl: out of time\n");
    expect_crawl(IN_PYTHON, "--wrong", "crawl: done\n");
}

/* ---- 17-futures ------------------------------------------------------------------ */

static void answer_page_3_late(const char *path, weft_http_reply *reply, void *context)
{
    if (strcmp(path, "/3") == 0)
        weft_event_wait(context, SOON);
    if (strcmp(path, "/4") == 0)
        reply->status = 404;
    reply->body = "page";
    reply->size = 4;
}

static bool all_but_one_are_answered(void *server)
{
    return weft_http_server_requests(server) == 3;
}

/* Page 3, the first to be asked for, comes after all others. */
static void expect_page_3_first_if(enum language language, const char *wrong)
{
    weft_http_server *server = NULL;
    weft_event rest_is_there = WEFT_EVENT_INIT;
    struct command command;

    if (!CHECK_OK(weft_http_server_start(
            &server,
            &(weft_http_server_options){.handler = answer_page_3_late, .context = &rest_is_there})))
        return;
    const char *const options[] = {"--url", weft_http_server_url(server), wrong, NULL};
    converse(&talk, command_of(&command, language, "17-futures", NULL, options), OUTPUT_IS_READ);
    CU_ASSERT_TRUE(wrong ? eventually(all_but_one_are_answered, server)
                         : await_text(&talk, 0, "page 1: 4 bytes\n"));
    weft_event_set(&rest_is_there);
    CU_ASSERT_EQUAL(finish(&talk), 0);
    CU_ASSERT_EQUAL(strncmp(talk.text, "page 3: ", 8) == 0, wrong != NULL);
    CU_ASSERT_PTR_NOT_NULL(strstr(talk.text, "\nall: HTTP Error 404\n"));
    weft_http_server_close(server);
}

static void futures_wrong_wait_for_the_slowest(void)
{
    expect_page_3_first_if(IN_C, NULL);
    expect_page_3_first_if(IN_C, "--wrong");
    if (!has_python())
        return;
    expect_page_3_first_if(IN_PYTHON, NULL);
    expect_page_3_first_if(IN_PYTHON, "--wrong");
}

static void https_of_nobody_gives_no_page(void)
{
    static const char *const options[] = {"--https", "--count", "3", NULL};
    struct command command;
    int refused = 0;

    if (!weft_http_server_can_tls() || any_certificate_passes()) {
        skip(any_certificate_passes() ? any_certificate_passes() : "no TLS for servers here");
        return;
    }
    converse(&talk, command_of(&command, IN_C, "25-pages", NULL, options), OUTPUT_IS_READ);
    CU_ASSERT_EQUAL(finish(&talk), 0);
    for (const char *at = talk.text; (at = strstr(at, "certificate does not verify")) != NULL; at++)
        refused++;
    CU_ASSERT_EQUAL(refused, 3);
    CU_ASSERT_PTR_NULL(strstr(talk.text, "200\n"));
}

const char *const suite_name = "mistakes, wrong and right";
CU_TestInfo suite_cases[] = {
    {"queue_wrong_fetches_one_after_another", queue_wrong_fetches_one_after_another},
    {"process_queue_wrong_fetches_one_after_another",
     process_queue_wrong_fetches_one_after_another},
    {"thread_executor_wrong_fetches_one_after_another",
     thread_executor_wrong_fetches_one_after_another},
    {"process_executor_wrong_fetches_one_after_another",
     process_executor_wrong_fetches_one_after_another},
    {"cancel_wrong_never_runs_out_of_time", cancel_wrong_never_runs_out_of_time},
    {"futures_wrong_wait_for_the_slowest", futures_wrong_wait_for_the_slowest},
    {"https_of_nobody_gives_no_page", https_of_nobody_gives_no_page},
    CU_TEST_INFO_NULL,
};
