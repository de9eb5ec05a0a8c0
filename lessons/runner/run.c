/* SPDX-License-Identifier: MIT */
/*
 * Runs lessons one after another and keeps the score.
 *
 * `server` is what lessons fetch from: started for the first that needs it,
 * gone at the end. Its pages take 10 ms, as if they came from the same town.
 */
#include "run.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <weft/caps.h>
#include <weft/error.h>
#include <weft/text.h>

#include "expect.h"
#include "program.h"
#include "words.h"

static weft_http_server *server; /* NULL: not needed so far */

bool run_failed(struct run *run, const char *english, const char *chinese, ...)
{
    va_list arguments;

    if (run->failed)
        return false;
    run->failed = true;
    va_start(arguments, chinese);
    vsnprintf(run->reason, sizeof(run->reason), say(english, chinese),
              arguments);
    va_end(arguments);
    return false;
}

/* ---- lessons of one program -------------------------------------------- */

static void answer(const char *path, weft_http_reply *reply, void *context)
{
    static const char page[] = "<!doctype html><title>weft</title>\n";

    (void)path;
    (void)context;
    weft_sleep(WEFT_MS(10));
    reply->body = page;
    reply->size = sizeof(page) - 1;
}

/* What to fetch; NULL: the run has failed. */
static const char *url_for(struct run *run)
{
    const weft_http_server_options options = {.handler = answer};

    if (run->arguments->url)
        return run->arguments->url;
    if (!server && weft_http_server_start(&server, &options) != 0) {
        run_failed(run, "%s", "%s", weft_last_error());
        return NULL;
    }
    return weft_http_server_url(server);
}

static const char *seconds_for(const struct run *run)
{
    switch (run->arguments->pace) {
    case PACE_FAST:
        return "0.01";
    case PACE_COURSE:
        return run->lesson->course_seconds;
    case PACE_USUAL:
        break;
    }
    return run->lesson->usual_seconds;
}

/* Not only what it says it fetched: how often the server answered. It counts
 * right after the client has got the last byte. */
static bool was_asked(struct run *run, size_t before)
{
    int expected = run->lesson->printed.count, asked = 0;

    do {
        asked = (int)(weft_http_server_requests(server) - before);
        weft_sleep(WEFT_MS(1));
    } while (asked < expected && weft_clock() < run->until);
    return asked == expected ||
           run_failed(run, "the server was asked %d times, not %d times",
                      "服务器收到 %d 次请求，应为 %d 次", asked, expected);
}

/* How many threads of a lesson connect at the same moment. */
enum { CROWD = 100 };

bool run_alone(struct run *run)
{
    const struct lesson *lesson = run->lesson;
    struct program program = {0};
    const char *options[5] = {NULL};
    char name[64];
    size_t asked_before = 0;
    bool hurried = run->arguments->pace == PACE_FAST && lesson->course_seconds;
    bool good;

    if (lesson->fetches) {
        options[0] = "--url";
        options[1] = url_for(run);
        if (!options[1])
            return false;
        if (server)
            asked_before = weft_http_server_requests(server);
        if (lesson->crowd && server && weft_caps()->listen_backlog < CROWD) {
            options[2] = lesson->crowd; /* as many as it lets wait */
            options[3] = "5";
        }
    } else if (lesson->course_seconds) {
        options[0] = "--seconds";
        options[1] = seconds_for(run);
    }
    snprintf(name, sizeof(name), "lesson-%s", lesson->name);
    good = program_start(run, &program, name, NULL, options, false) &&
           program_finish(run, &program) &&
           expect_printed(run, program.text, !hurried) &&
           (!lesson->fetches || run->arguments->url ||
            was_asked(run, asked_before));
    program_close(&program);
    return good;
}

/* ---- one after another ------------------------------------------------- */

static void show_header(const struct run *run, int number)
{
    const struct lesson *lesson = run->lesson;

    weft_print("[%d/%d] %s: %s\n", number, run->arguments->count, lesson->name,
               say_words(lesson->idea));
    if (lesson->course_seconds &&
        strcmp(seconds_for(run), lesson->course_seconds) != 0)
        show("    (shortened: the course sleeps %s s, and so does --full)\n",
             "    （已缩短：课程睡眠 %s 秒，--full 与课程相同）\n",
             lesson->course_seconds);
}

static double seconds_since(weft_time began)
{
    return (double)(weft_clock() - began) / 1e9;
}

static bool run_one(const struct arguments *arguments, int i)
{
    const struct lesson *lesson = arguments->chosen[i];
    struct run run = {.lesson = lesson, .arguments = arguments};
    weft_time began = weft_clock();
    bool passed;

    show_header(&run, i + 1);
    run.until = weft_in(arguments->limit);
    passed = lesson->run(&run);
    show("%s %s in %.2f s: %s\n\n", "%s %s，%.2f 秒：%s\n\n",
         passed ? say("PASS", "通过") : say("FAIL", "未通过"), lesson->name,
         seconds_since(began), passed ? say_words(lesson->seen) : run.reason);
    return passed;
}

int run_chosen(const struct arguments *arguments)
{
    weft_time began = weft_clock();
    bool failed[LESSON_COUNT];
    int passed = 0;

    for (int i = 0; i < arguments->count; i++) {
        failed[i] = !run_one(arguments, i);
        passed += !failed[i];
    }
    weft_http_server_close(server);
    for (int i = 0; i < arguments->count; i++) {
        if (failed[i])
            show("failed: %s\n", "未通过：%s\n", arguments->chosen[i]->name);
    }
    show("passed %d of %d in %.0f s\n", "通过 %d 课，共 %d 课，用时 %.0f 秒\n",
         passed, arguments->count, seconds_since(began));
    return passed == arguments->count ? 0 : 1;
}
