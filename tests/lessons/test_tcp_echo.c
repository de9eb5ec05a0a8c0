/* SPDX-License-Identifier: MIT */
/* Lesson 13: each server with each client, in C and in Python. */
#include <stdio.h>
#include <string.h>

#include "check.h"
#include "conversation.h"
#include "net.h"
#include "twin.h"

static const char lesson[] = "13-tcp-echo";

static struct conversation server, client; /* of the case that runs; too big for a stack */

/* Starts a server that ends after `clients`, or never (NULL); its port. */
static int serve(enum language language, const char *host, const char *clients)
{
    const char *const options[] = {"--host", host, "--port", "0", clients ? "--clients" : NULL,
                                   clients,  NULL};
    struct command command;

    converse(&server, command_of(&command, language, lesson, "server", options), OUTPUT_IS_READ);
    return await_port(&server);
}

/* A client with this message (NULL: its own) prints that. */
static void expect_echo(enum language language, const char *host, int port, const char *message,
                        const char *expected)
{
    char number[16];
    const char *const options[] = {"--host", host, "--port", number, message ? "--message" : NULL,
                                   message,  NULL};
    struct command command;

    snprintf(number, sizeof(number), "%d", port);
    converse(&client, command_of(&command, language, lesson, "client", options), OUTPUT_IS_READ);
    CU_ASSERT_EQUAL(finish(&client), 0);
    CHECK_TEXT(client.text, expected);
}

/* Three clients, one after another, of a server that then ends. */
static void expect_they_understand_each_other(enum language of_server, enum language of_client)
{
    int port = serve(of_server, "127.0.0.1", "3");

    expect_echo(of_client, "127.0.0.1", port, NULL, "b'Echo=>This is Python'\n");
    expect_echo(of_client, "127.0.0.1", port, "it's \"你好\"\t\\",
                "b'Echo=>it\\'s \"\\xe4\\xbd\\xa0\\xe5\\xa5\\xbd\"\\t\\\\'\n");
    expect_echo(of_client, "localhost", port, "it's", "b\"Echo=>it's\"\n");
    CU_ASSERT_EQUAL(finish(&server), 0);
    drop_port_line(server.text);
    mask_numbers(server.text);
    CHECK_TEXT(server.text, "Server connected by ('127.0.0.1', PORT)\n"
                            "Server connected by ('127.0.0.1', PORT)\n"
                            "Server connected by ('127.0.0.1', PORT)\n");
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
    int port = serve(IN_C, "127.0.0.1", "1");

    expect_echo(IN_C, "127.0.0.1", port, NULL, "b'Echo=>This is Python'\n");
    CU_ASSERT_EQUAL(finish(&server), 0);
    drop_port_line(server.text);
    mask_numbers(server.text);
    snprintf(both, sizeof(both), "%s%s", server.text, client.text);
    CHECK_TEXT(both, recorded(lesson, "lesson.out", expected, sizeof(expected)));
}

static void server_serves_for_ever(void)
{
    int port = serve(IN_C, "127.0.0.1", NULL);

    for (int i = 0; i < 5; i++)
        expect_echo(IN_C, "127.0.0.1", port, NULL, "b'Echo=>This is Python'\n");
    CHECK_ERROR(weft_process_join(server.process, WEFT_NOW), WEFT_ETIMEDOUT);
    hang_up(&server);
}

static void server_outlives_a_client_that_says_nothing(void)
{
    weft_socket *silent = NULL;
    int port = serve(IN_C, "127.0.0.1", NULL);

    if (CHECK_OK(weft_tcp_connect(&silent, "127.0.0.1", port, SOON)))
        await_text(&server, 0, "Server connected by");
    weft_socket_close(silent);
    expect_echo(IN_C, "127.0.0.1", port, NULL, "b'Echo=>This is Python'\n");
    hang_up(&server);
}

static void expect_over_ipv6(enum language of_server, enum language of_client)
{
    int port = serve(of_server, "::1", "1");
    char *peer;

    expect_echo(of_client, "::1", port, NULL, "b'Echo=>This is Python'\n");
    CU_ASSERT_EQUAL(finish(&server), 0);
    peer = strstr(server.text, "Server connected by ('::1', ");
    CU_ASSERT_PTR_NOT_NULL(peer);
    CU_ASSERT_PTR_NOT_NULL(strstr(server.text, ", 0, 0)\n"));
}

static void ipv6_is_spoken_too(void)
{
    if (!has_ipv6())
        return;
    expect_over_ipv6(IN_C, IN_C);
    if (!has_python())
        return;
    expect_over_ipv6(IN_C, IN_PYTHON);
    expect_over_ipv6(IN_PYTHON, IN_C);
}

const char *const suite_name = "lesson 13-tcp-echo";
CU_TestInfo suite_cases[] = {
    {"c_serves_c", c_serves_c},
    {"c_serves_python", c_serves_python},
    {"python_serves_c", python_serves_c},
    {"both_together_print_what_is_recorded", both_together_print_what_is_recorded},
    {"server_serves_for_ever", server_serves_for_ever},
    {"server_outlives_a_client_that_says_nothing", server_outlives_a_client_that_says_nothing},
    {"ipv6_is_spoken_too", ipv6_is_spoken_too},
    CU_TEST_INFO_NULL,
};
