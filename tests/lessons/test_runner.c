/* SPDX-License-Identifier: MIT */
/* weft-lessons itself: what it says, what it runs, and what it finds wrong. */
#include <stdio.h>
#include <string.h>

#include "check.h"
#include "conversation.h"
#include "twin.h"
#include "weft/http_server.h"

static struct conversation talk; /* of the case that runs */

static void run(int code, const char *const *options)
{
    struct command command;
    int ended;

    converse(&talk, runner_command(&command, options), OUTPUT_IS_READ);
    ended = finish(&talk);
    if (ended != code)
        printf("\n    exit code %d after:\n%s\n", ended, talk.text);
    CU_ASSERT_EQUAL(ended, code);
}

#define RUN(code, ...) run((code), (const char *const[]){__VA_ARGS__, NULL})

static void expect(const char *part)
{
    if (!strstr(talk.text, part))
        printf("\n    '%s' is not in:\n%s\n", part, talk.text);
    CU_ASSERT_PTR_NOT_NULL(strstr(talk.text, part));
}

/* One line on standard error that contains `part`, nothing else, exit code 2. */
static void refuse(const char *part, const char *const *options)
{
    struct command command;

    const enum what_is_read what[] = {ERRORS_ARE_READ, BOTH_ARE_READ};

    for (int i = 0; i < 2; i++) {
        converse(&talk, runner_command(&command, options), what[i]);
        CU_ASSERT_EQUAL(finish(&talk), 2);
        expect(part);
        CU_ASSERT_PTR_EQUAL(strchr(talk.text, '\n'), talk.text + talk.length - 1);
    }
}

#define REFUSE(part, ...) refuse((part), (const char *const[]){__VA_ARGS__, NULL})

static void list_names_the_twenty_lessons_in_both_languages(void)
{
    static const char *const names[] = {"01-thread",           "02-threads-with-argument",
                                        "03-thousand-threads", "04-lock",
                                        "05-with-lock",        "06-queue",
                                        "07-processes",        "08-process-queue",
                                        "09-pool-apply",       "10-pool-map",
                                        "11-thread-executor",  "12-process-executor",
                                        "13-tcp-echo",         "14-udp",
                                        "15-udp-chat",         "16-cancel",
                                        "17-futures",          "18-worker-crash",
                                        "19-shared-memory",    "20-pipe"};

    RUN(0, "--lang", "en");
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        expect(names[i]);
    expect("two tasks side by side");
    expect("Pool.apply_async");
    RUN(0, "list", "--lang=zh");
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        expect(names[i]);
    expect("不同任务并行");
    expect("Pool.apply_async");
}

static void explain_says_what_to_look_for_in_both_languages(void)
{
    RUN(0, "explain", "6", "--lang", "en");
    expect("target=get_baidu()");
    expect("lessons/06-queue: README.md");
    RUN(0, "explain", "06-queue", "15", "--lang", "zh");
    expect("主线程");
    expect("lessons/06-queue：README.zh-CN.md");
    expect("15-udp-chat");
}

static void help_is_no_error(void)
{
    RUN(0, "--help", "--lang", "en");
    expect("usage: weft-lessons");
    RUN(0, "run", "--help", "--lang", "zh");
    expect("用法：weft-lessons");
}

static void one_lesson_is_run_and_shown(void)
{
    RUN(0, "run", "10", "--lang", "en");
    expect("lesson-10-pool-map");
    expect("[0, 1, 4, 9, 16, 25, 36, 49, 64, 81]");
    expect("PASS 10-pool-map in ");
    expect("passed 1 of 1 in ");
}

static void some_lessons_are_run_by_number_and_name(void)
{
    RUN(0, "run", "13", "7", "01-thread", "--fast", "--lang", "zh");
    expect("通过 01-thread");
    expect("通过 07-processes");
    expect("通过 13-tcp-echo");
    expect("通过 3 课，共 3 课");
}

static void listed_lines_are_expected(void)
{
    RUN(0, "run", "16", "17", "18", "19", "20", "--lang", "en");
    expect("PASS 16-cancel");
    expect("PASS 17-futures");
    expect("PASS 18-worker-crash");
    expect("PASS 19-shared-memory");
    expect("PASS 20-pipe");
    expect("passed 5 of 5");
}

static void long_outputs_are_abridged(void)
{
    RUN(0, "run", "3", "--fast", "--lang", "en");
    expect("... 993 more lines");
    expect("PASS 03-thousand-threads");
}

static void chat_is_in_the_chosen_language(void)
{
    RUN(0, "run", "15", "--lang", "zh");
    expect("请输入您要发送的消息:");
    RUN(0, "run", "15", "--lang", "en");
    expect("Your message:");
}

static void all_lessons_pass(void)
{
    RUN(0, "run", "--all", "--fast", "--lang", "en");
    expect("passed 20 of 20 in ");
}

static void lesson_that_does_not_end_fails(void)
{
    RUN(1, "run", "9", "1", "--full", "--limit", "1", "--lang", "en");
    expect("FAIL 01-thread");
    expect("lesson-01-thread still ran after 1 s and was stopped");
    expect("FAIL 09-pool-apply");
    expect("passed 0 of 2");
}

static void answer_404(const char *path, weft_http_reply *reply, void *context)
{
    (void)path;
    (void)context;
    reply->status = 404;
}

static void lesson_that_prints_something_else_fails(void)
{
    weft_http_server *server = NULL;

    if (!CHECK_OK(
            weft_http_server_start(&server, &(weft_http_server_options){.handler = answer_404})))
        return;
    RUN(1, "run", "11", "--url", weft_http_server_url(server), "--lang", "en");
    expect("FAIL 11-thread-executor");
    expect("line 1 should not be there: 404");
    expect("failed: 11-thread-executor");
    RUN(1, "run", "11", "--url", weft_http_server_url(server), "--lang", "zh");
    expect("第 1 行不该出现：404");
    weft_http_server_close(server);
}

/* It counts right after the client has got the last byte. */
static bool all_are_counted(void *server)
{
    return weft_http_server_requests(server) == 400;
}

static void real_urls_are_fetched(void)
{
    weft_http_server *server = NULL;

    if (!CHECK_OK(weft_http_server_start(&server, NULL)))
        return;
    RUN(0, "run", "6", "8", "11", "12", "--url", weft_http_server_url(server), "--lang", "en");
    expect("passed 4 of 4");
    CU_ASSERT_TRUE(eventually(all_are_counted, server));
    weft_http_server_close(server);
}

static void wrong_usage_is_one_line_and_2(void)
{
    REFUSE("99", "run", "99");
    REFUSE("no-such", "run", "3", "no-such");
    REFUSE("which lessons", "run", "--lang", "en");
    REFUSE("哪几课", "run", "--lang", "zh");
    REFUSE("dance", "dance");
    REFUSE("--dance", "--dance");
    REFUSE("--limit", "run", "3", "--limit", "abc");
    REFUSE("--limit", "run", "3", "--limit");
    REFUSE("--url", "run", "6", "--url", "abc");
    REFUSE("--lang", "--lang", "fr");
    REFUSE("--fast", "list", "--fast");
    REFUSE("list", "list", "3");
    REFUSE("explain", "explain");
}

const char *const suite_name = "weft-lessons";
CU_TestInfo suite_cases[] = {
    {"list_names_the_twenty_lessons_in_both_languages",
     list_names_the_twenty_lessons_in_both_languages},
    {"explain_says_what_to_look_for_in_both_languages",
     explain_says_what_to_look_for_in_both_languages},
    {"help_is_no_error", help_is_no_error},
    {"one_lesson_is_run_and_shown", one_lesson_is_run_and_shown},
    {"some_lessons_are_run_by_number_and_name", some_lessons_are_run_by_number_and_name},
    {"listed_lines_are_expected", listed_lines_are_expected},
    {"long_outputs_are_abridged", long_outputs_are_abridged},
    {"chat_is_in_the_chosen_language", chat_is_in_the_chosen_language},
    {"all_lessons_pass", all_lessons_pass},
    {"lesson_that_does_not_end_fails", lesson_that_does_not_end_fails},
    {"lesson_that_prints_something_else_fails", lesson_that_prints_something_else_fails},
    {"real_urls_are_fetched", real_urls_are_fetched},
    {"wrong_usage_is_one_line_and_2", wrong_usage_is_one_line_and_2},
    CU_TEST_INFO_NULL,
};
