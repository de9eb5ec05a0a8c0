/* SPDX-License-Identifier: MIT */
/* Lesson 14: each server with each client, in C and in Python. */
#include <stdio.h>
#include <string.h>

#include "check.h"
#include "conversation.h"
#include "net.h"
#include "twin.h"

static const char lesson[] = "14-udp";

static struct conversation server, client; /* of the case that runs; too big for a stack */

/* Starts a server; its port. */
static int serve(enum language language, const char *host)
{
    const char *const options[] = {"--host", host, "--port", "0", NULL};
    struct command command;

    converse(&server, command_of(&command, language, lesson, "server", options), OUTPUT_IS_READ);
    return await_port(&server);
}

/* The client prints the answer and where it came from, the server prints `shown`. */
static void expect_exchange(enum language of_server, enum language of_client, const char *host,
                            const char *message, const char *shown)
{
    char number[16], expected[300];
    int port = serve(of_server, host);
    const char *const options[] = {"--host", host, "--port", number, message ? "--message" : NULL,
                                   message,  NULL};
    struct command command;

    snprintf(number, sizeof(number), "%d", port);
    converse(&client, command_of(&command, of_client, lesson, "client", options), OUTPUT_IS_READ);
    CU_ASSERT_EQUAL(finish(&client), 0);
    CU_ASSERT_EQUAL(finish(&server), 0);
    snprintf(expected, sizeof(expected), "Hello ('%s', %d%s)\n", host, port,
             strchr(host, ':') ? ", 0, 0" : "");
    CHECK_TEXT(client.text, expected);
    drop_port_line(server.text);
    CHECK_TEXT(server.text, shown);
}

static void expect_they_understand_each_other(enum language of_server, enum language of_client)
{
    expect_exchange(of_server, of_client, "127.0.0.1", NULL, "b'This is Python'\n");
    expect_exchange(of_server, of_client, "127.0.0.1", "你好\r\n",
                    "b'\\xe4\\xbd\\xa0\\xe5\\xa5\\xbd\\r\\n'\n");
}

static void c_serves_c(void)
{
    expect_they_understand_each_other(IN_C, IN_C);
}

static void c_serves_python(void)
{
    if (has_python())
        expect_they_understand_each_other(IN_C, IN_PYTHON);
}

static void python_serves_c(void)
{
    if (has_python())
        expect_they_understand_each_other(IN_PYTHON, IN_C);
}

static void both_together_print_what_is_recorded(void)
{
    static char expected[CONVERSATION_TEXT], both[2 * CONVERSATION_TEXT];

    expect_exchange(IN_C, IN_C, "127.0.0.1", NULL, "b'This is Python'\n");
    snprintf(both, sizeof(both), "%s%s", server.text, client.text);
    mask_numbers(both);
    CHECK_TEXT(both, recorded(lesson, "lesson.out", expected, sizeof(expected)));
}

static void ipv6_is_spoken_too(void)
{
    if (!has_ipv6())
        return;
    expect_exchange(IN_C, IN_C, "::1", NULL, "b'This is Python'\n");
    if (!has_python())
        return;
    expect_exchange(IN_C, IN_PYTHON, "::1", NULL, "b'This is Python'\n");
    expect_exchange(IN_PYTHON, IN_C, "::1", NULL, "b'This is Python'\n");
}

const char *const suite_name = "lesson 14-udp";
CU_TestInfo suite_cases[] = {
    {"c_serves_c", c_serves_c},
    {"c_serves_python", c_serves_python},
    {"python_serves_c", python_serves_c},
    {"both_together_print_what_is_recorded", both_together_print_what_is_recorded},
    {"ipv6_is_spoken_too", ipv6_is_spoken_too},
    CU_TEST_INFO_NULL,
};
