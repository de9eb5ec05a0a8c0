/* SPDX-License-Identifier: MIT */
/*
 * The course's own mistake, target=get_baidu() instead of target=get_baidu, in the four
 * lessons that fetch: both print the same, but only the right one fetches side by side.
 *
 * The pages come from here, so that it can be seen how many are asked for at once.
 */
#include <stdio.h>
#include <string.h>

#include "check.h"
#include "conversation.h"
#include "twin.h"
#include "weft/event.h"
#include "weft/mutex.h"
#include "weft/server.h"

enum { COUNT = 20 };

static struct conversation talk;

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

const char *const suite_name = "the course's mistake, wrong and right";
CU_TestInfo suite_cases[] = {
    {"queue_wrong_fetches_one_after_another", queue_wrong_fetches_one_after_another},
    {"process_queue_wrong_fetches_one_after_another",
     process_queue_wrong_fetches_one_after_another},
    {"thread_executor_wrong_fetches_one_after_another",
     thread_executor_wrong_fetches_one_after_another},
    {"process_executor_wrong_fetches_one_after_another",
     process_executor_wrong_fetches_one_after_another},
    CU_TEST_INFO_NULL,
};
