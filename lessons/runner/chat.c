/* SPDX-License-Identifier: MIT */
/*
 * Lesson 15: two people who chat, each a program whose keyboard is here.
 *
 * Nothing is typed before what was typed last has had its effect, so what each
 * program prints is known to the last byte. Both languages of the prompts mean
 * the same wire: the runner itself says a word to both, in bytes of GBK, so
 * that two programs that got it equally wrong would be found out.
 */
#include "run.h"

#include <stdio.h>
#include <string.h>

#include <weft/error.h>
#include <weft/socket.h>
#include <weft/text.h>

#include "expect.h"
#include "program.h"
#include "words.h"

enum { LINE_SIZE = 200, TEXT_SIZE = 1000 };

static const char prompt_zh[] = "请输入您要发送的消息:";
static const char prompt_en[] = "Your message:";
static const char goodbye_gbk[] = "\xd4\xd9\xbc\xfb"; /* 再见 */

struct person {
    struct program program;
    int port;
    char expected[TEXT_SIZE]; /* all that the program should have printed */
};

/* The program prints this next; perhaps it has printed more already. */
static bool prints(struct run *run, struct person *person, const char *text)
{
    const struct program *program = &person->program;
    size_t from = strlen(person->expected);

    snprintf(person->expected + from, TEXT_SIZE - from, "%s", text);
    if (!program_await(run, &person->program, from, text))
        return false;
    return strncmp(program->text + from, text, strlen(text)) == 0 ||
           expect_text(run, program->who, program->text, person->expected);
}

static bool hears(struct run *run, struct person *person, int port,
                  const char *line)
{
    char text[LINE_SIZE];

    snprintf(text, sizeof(text), ">>>('127.0.0.1', %d):%s\n", port, line);
    return prints(run, person, text);
}

static bool arrives(struct run *run, struct person *person, const char *who)
{
    const char *const options[] = {"--port", "0", "--lang", words_language(),
                                   NULL};
    char line[LINE_SIZE];

    if (!program_start(run, &person->program, "lesson-15-udp-chat", who,
                       options, true) ||
        !program_port(run, &person->program, &person->port))
        return false;
    snprintf(line, sizeof(line), "port %d\n", person->port);
    return prints(run, person, line);
}

/* Answers both questions, and is asked for a message. */
static bool dials(struct run *run, struct person *person, int port)
{
    char number[16];

    snprintf(number, sizeof(number), "%d", port);
    return prints(run, person,
                  say("Their IP address:", "请输入对方的ip地址:")) &&
           program_type(run, &person->program, "127.0.0.1") &&
           prints(run, person, say("Their port:", "请输入对方的端口号:")) &&
           program_type(run, &person->program, number) &&
           prints(run, person, say(prompt_en, prompt_zh));
}

static bool says(struct run *run, struct person *person, const char *line,
                 struct person *other)
{
    return program_type(run, &person->program, line) &&
           prints(run, person, say(prompt_en, prompt_zh)) &&
           hears(run, other, person->port, line);
}

/* What the runner sends to both. */
static bool both_hear_gbk(struct run *run, struct person *a, struct person *b)
{
    struct person *people[] = {a, b};
    weft_socket *socket = NULL;
    weft_address own, to;
    int err = weft_udp_open(&socket, "127.0.0.1", 0, WEFT_FAMILY_NONE);

    if (err == 0)
        err = weft_socket_address(socket, &own);
    for (int i = 0; i < 2 && err == 0; i++) {
        err = weft_address_resolve(&to, "127.0.0.1", people[i]->port,
                                   WEFT_FAMILY_NONE, run->until);
        if (err == 0)
            err = weft_socket_sendto(socket, goodbye_gbk,
                                     sizeof(goodbye_gbk) - 1, &to, run->until);
    }
    weft_socket_close(socket);
    if (err != 0)
        return run_failed(run, "%s", "%s", weft_last_error());
    return hears(run, a, own.port, "再见") && hears(run, b, own.port, "再见");
}

static bool leaves(struct run *run, struct person *person)
{
    return program_type(run, &person->program, "exit") &&
           program_finish(run, &person->program) &&
           expect_text(run, person->program.who, person->program.text,
                       person->expected);
}

bool run_chat(struct run *run)
{
    struct person a = {0}, b = {0};
    bool good = arrives(run, &a, say("Ming", "小明")) &&
                arrives(run, &b, say("Hong", "小红")) &&
                dials(run, &a, b.port) && dials(run, &b, a.port) &&
                says(run, &a, "你好，世界", &b) &&
                says(run, &b, "收到，谢谢", &a) && both_hear_gbk(run, &a, &b) &&
                leaves(run, &a) && leaves(run, &b);

    program_close(&a.program);
    program_close(&b.program);
    return good;
}
