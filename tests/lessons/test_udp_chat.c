/* SPDX-License-Identifier: MIT */
/*
 * Lesson 15: two people chat, each a program in C or in Python whose keyboard is the
 * test. Nothing is typed before what was typed last has had its effect, so what each
 * prints is known to the last byte.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "conversation.h"
#include "net.h"
#include "twin.h"
#include "weft/caps.h"
#include "weft/text.h"

enum { TEXT_SIZE = 2000 };

static const char lesson[] = "15-udp-chat";

struct person {
    struct conversation talk;
    int port;
    const char *language;     /* of the prompts */
    char expected[TEXT_SIZE]; /* all that should have been printed */
};

static struct person a, b; /* of the case that runs */

static const char *const ask_host[] = {"请输入对方的ip地址:", "Their IP address:"};
static const char *const ask_port[] = {"请输入对方的端口号:", "Their port:"};
static const char *const ask_message[] = {"请输入您要发送的消息:", "Your message:"};

/* The person sees this next; perhaps more has come already. */
static void sees(struct person *person, const char *text)
{
    size_t from = strlen(person->expected);

    snprintf(person->expected + from, TEXT_SIZE - from, "%s", text);
    await_text(&person->talk, from, text);
}

static void is_asked(struct person *person, const char *const *question)
{
    sees(person, question[strcmp(person->language, "en") == 0]);
}

static void arrives(struct person *person, enum language language, const char *prompts)
{
    const char *const options[] = {"--port", "0", "--lang", prompts, NULL};
    struct command command;
    char line[32];

    person->expected[0] = '\0';
    person->language = prompts;
    converse(&person->talk, command_of(&command, language, lesson, NULL, options), OUTPUT_IS_READ);
    person->port = await_port(&person->talk);
    snprintf(line, sizeof(line), "port %d\n", person->port);
    sees(person, line);
    is_asked(person, ask_host);
}

static void dials(struct person *person, int port)
{
    char number[16];

    snprintf(number, sizeof(number), "%d", port);
    type_line(&person->talk, "127.0.0.1");
    is_asked(person, ask_port);
    type_line(&person->talk, number);
    is_asked(person, ask_message);
}

static void hears(struct person *person, int port, const char *text)
{
    char line[TEXT_SIZE];

    snprintf(line, sizeof(line), ">>>('127.0.0.1', %d):%s\n", port, text);
    sees(person, line);
}

/* The other one hears `heard`. */
static void says(struct person *person, const char *line, struct person *other, const char *heard)
{
    type_line(&person->talk, line);
    is_asked(person, ask_message);
    hears(other, person->port, heard);
}

static void leaves(struct person *person)
{
    type_line(&person->talk, "exit");
    CU_ASSERT_EQUAL(finish(&person->talk), 0);
    CHECK_TEXT(person->talk.text, person->expected);
}

static void expect_they_understand_each_other(enum language of_a, enum language of_b)
{
    arrives(&a, of_a, "zh");
    arrives(&b, of_b, "en");
    dials(&a, b.port);
    dials(&b, a.port);
    says(&a, "你好，世界", &b, "你好，世界");
    says(&b, "收到 ok", &a, "收到 ok");
    says(&b, "", &a, "");
    says(&a, "GBK 没有 😀", &b, "GBK 没有 ?");
    says(&b, "exit 不是 exit", &a, "exit 不是 exit");
    leaves(&a);
    leaves(&b);
}

static void c_talks_to_c(void)
{
    expect_they_understand_each_other(IN_C, IN_C);
}

static void c_talks_to_python(void)
{
    if (has_python())
        expect_they_understand_each_other(IN_C, IN_PYTHON);
}

static void python_talks_to_c(void)
{
    if (has_python())
        expect_they_understand_each_other(IN_PYTHON, IN_C);
}

/* On a screen the one who types ends the line of prompts, here nobody does. */
static void begin_lines(char *text)
{
    while ((text = strstr(text, ":>>>")) != NULL) {
        memmove(text + 2, text + 1, strlen(text + 1) + 1);
        text[1] = '\n';
    }
}

static void prints_what_is_recorded(void)
{
    static char expected[CONVERSATION_TEXT];

    arrives(&a, IN_C, "zh");
    arrives(&b, IN_C, "zh");
    dials(&a, b.port);
    dials(&b, a.port);
    says(&a, "在吗", &b, "在吗");
    says(&b, "你好", &a, "你好");
    leaves(&a);
    leaves(&b);
    drop_port_line(a.talk.text);
    mask_numbers(a.talk.text);
    begin_lines(a.talk.text);
    CHECK_TEXT(a.talk.text, recorded(lesson, "lesson.out", expected, sizeof(expected)));
}

/* ---- what a stranger sends ------------------------------------------------------- */

struct datagram {
    const char *bytes;
    size_t size;
    const char *heard;
};

static void expect_heard(enum language language, const struct datagram *datagrams, size_t count)
{
    weft_socket *stranger = NULL;
    weft_address own, to;

    arrives(&a, language, "en");
    if (!CHECK_OK(weft_udp_open(&stranger, "127.0.0.1", 0, WEFT_FAMILY_NONE)))
        return;
    CHECK_OK(weft_socket_address(stranger, &own));
    CHECK_OK(weft_address_resolve(&to, "127.0.0.1", a.port, WEFT_FAMILY_NONE, SOON));
    for (size_t i = 0; i < count; i++) {
        CHECK_OK(weft_socket_sendto(stranger, datagrams[i].bytes, datagrams[i].size, &to, SOON));
        hears(&a, own.port, datagrams[i].heard);
    }
    weft_socket_close(stranger);
    CU_ASSERT_EQUAL(finish(&a.talk), 0);
    CHECK_TEXT(a.talk.text, a.expected);
}

#define DATAGRAM(bytes, heard)                                                                     \
    {                                                                                              \
        bytes, sizeof(bytes) - 1, heard                                                            \
    }

static const struct datagram good_and_bad[] = {
    DATAGRAM("\xc4\xe3\xba\xc3", "你好"), DATAGRAM("\xc4", "\xef\xbf\xbd"),
    DATAGRAM("a\x80z", "a\xef\xbf\xbdz"), DATAGRAM("\xff\xff", "\xef\xbf\xbd\xef\xbf\xbd"),
    DATAGRAM("\x81 !", "\xef\xbf\xbd !"),
};

static void bytes_that_are_no_gbk_are_shown_as_in_python(void)
{
    const size_t count = sizeof(good_and_bad) / sizeof(good_and_bad[0]);

    expect_heard(IN_C, good_and_bad, count);
    if (has_python())
        expect_heard(IN_PYTHON, good_and_bad, count);
}

static const struct datagram commands[] = {
    DATAGRAM("\x1b[2Jgone", "\\x1b[2Jgone"),
    DATAGRAM("a\0b\nc\r\x07", "a\\x00b\\nc\\r\\x07"),
};

static void no_stranger_commands_the_terminal(void)
{
    const size_t count = sizeof(commands) / sizeof(commands[0]);

    expect_heard(IN_C, commands, count);
    if (has_python())
        expect_heard(IN_PYTHON, commands, count);
}

/* ---- a group ----------------------------------------------------------------------- */

/* On interface 1, which is this machine's own on every system. Its port, or the one given. */
static int joins(struct person *person, enum language language, const char *name, int port)
{
    char number[16];
    const char *const options[] = {"--group", "239.77.7.7", "--interface", "1",  "--name", name,
                                   "--port",  number,       "--lang",      "en", NULL};
    struct command command;

    snprintf(number, sizeof(number), "%d", port);
    converse(&person->talk, command_of(&command, language, lesson, NULL, options), OUTPUT_IS_READ);
    if (port == 0)
        port = await_port(&person->talk);
    await_text(&person->talk, 0, ask_message[1]);
    return port;
}

static void expect_both_hear(const char *message)
{
    await_text(&a.talk, 0, message);
    await_text(&b.talk, 0, message);
}

static void expect_a_group(enum language of_a, enum language of_b)
{
    int port = joins(&a, of_a, "Ming", 0);

    joins(&b, of_b, "Hong", port);
    type_line(&a.talk, "在吗");
    expect_both_hear("):Ming: 在吗\n");
    type_line(&b.talk, "你好");
    expect_both_hear("):Hong: 你好\n");
    type_line(&a.talk, "exit");
    type_line(&b.talk, "exit");
    CU_ASSERT_EQUAL(finish(&a.talk), 0);
    CU_ASSERT_EQUAL(finish(&b.talk), 0);
}

/* Wine has no interfaces by number. */
static bool has_group(void)
{
    weft_socket *socket = NULL;
    weft_address group = {0};
    int err;

    if (!weft_caps()->multicast) {
        skip("this build has no multicast");
        return false;
    }
    CHECK_OK(weft_udp_open(&socket, NULL, 0, WEFT_IPV4));
    CHECK_OK(weft_address_parse(&group, "239.77.7.7", 1));
    err = weft_socket_multicast_join(socket, &group, 1);
    weft_socket_close(socket);
    if (err != 0)
        skip("no group can be joined on interface 1 here");
    return err == 0;
}

static void a_group_hears_every_member(void)
{
    if (!has_group())
        return;
    expect_a_group(IN_C, IN_C);
    if (!has_python())
        return;
    expect_a_group(IN_C, IN_PYTHON);
    expect_a_group(IN_PYTHON, IN_C);
}

/* ---- the keyboard ---------------------------------------------------------------- */

static void end_of_input_leaves_at_every_question(void)
{
    arrives(&a, IN_C, "zh");
    CU_ASSERT_EQUAL(finish(&a.talk), 0);
    CHECK_TEXT(a.talk.text, a.expected);

    arrives(&a, IN_C, "zh");
    type_line(&a.talk, "127.0.0.1");
    is_asked(&a, ask_port);
    CU_ASSERT_EQUAL(finish(&a.talk), 0);

    arrives(&a, IN_C, "en");
    dials(&a, 9);
    CU_ASSERT_EQUAL(finish(&a.talk), 0);
    CHECK_TEXT(a.talk.text, a.expected);
}

/* Nobody types a megabyte; a file does. */
static void a_huge_line_is_cut_and_the_next_one_is_read(void)
{
    enum { HUGE_SIZE = 1 << 20 };
    char *huge = malloc(HUGE_SIZE + 1);

    CU_ASSERT_PTR_NOT_NULL_FATAL(huge);
    memset(huge, 'x', HUGE_SIZE);
    huge[HUGE_SIZE] = '\0';
    arrives(&a, IN_C, "en");
    dials(&a, 9);
    type_line(&a.talk, huge);
    is_asked(&a, ask_message);
    leaves(&a);
    free(huge);
}

static void expect_refused(const char *host, const char *port)
{
    const char *const options[] = {"--port", "0", NULL};
    struct command command;

    converse(&a.talk, command_of(&command, IN_C, lesson, NULL, options), ERRORS_ARE_READ);
    type_line(&a.talk, host);
    if (port)
        type_line(&a.talk, port);
    CU_ASSERT_EQUAL(finish(&a.talk), 2);
    CU_ASSERT_PTR_EQUAL(strchr(a.talk.text, '\n'), a.talk.text + a.talk.length - 1);
}

static void wrong_answers_end_with_one_line(void)
{
    expect_refused("no.such.host.invalid", NULL);
    expect_refused("", NULL);
    expect_refused("127.0.0.1", "70000");
    expect_refused("127.0.0.1", "abc");
}

static void options_answer_the_questions(void)
{
    const char *const options[] = {"--port", "0",      "--peer-host", "127.0.0.1", "--peer-port",
                                   "9",      "--lang", "en",          NULL};
    struct command command;

    converse(&a.talk, command_of(&command, IN_C, lesson, NULL, options), OUTPUT_IS_READ);
    type_line(&a.talk, "exit");
    CU_ASSERT_EQUAL(finish(&a.talk), 0);
    drop_port_line(a.talk.text);
    CHECK_TEXT(a.talk.text, "Your message:");
}

const char *const suite_name = "lesson 15-udp-chat";
CU_TestInfo suite_cases[] = {
    {"c_talks_to_c", c_talks_to_c},
    {"c_talks_to_python", c_talks_to_python},
    {"python_talks_to_c", python_talks_to_c},
    {"prints_what_is_recorded", prints_what_is_recorded},
    {"bytes_that_are_no_gbk_are_shown_as_in_python", bytes_that_are_no_gbk_are_shown_as_in_python},
    {"no_stranger_commands_the_terminal", no_stranger_commands_the_terminal},
    {"a_group_hears_every_member", a_group_hears_every_member},
    {"end_of_input_leaves_at_every_question", end_of_input_leaves_at_every_question},
    {"a_huge_line_is_cut_and_the_next_one_is_read", a_huge_line_is_cut_and_the_next_one_is_read},
    {"wrong_answers_end_with_one_line", wrong_answers_end_with_one_line},
    {"options_answer_the_questions", options_answer_the_questions},
    CU_TEST_INFO_NULL,
};
