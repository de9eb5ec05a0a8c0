/* SPDX-License-Identifier: MIT */
/*
 * Lessons 13 and 14: a server on a port of the system's choice, which it
 * prints, and clients that are told. All ends by itself; the text is compared
 * as a whole, up to the clients' ports.
 */
#include "run.h"

#include <stdio.h>
#include <string.h>

#include "expect.h"
#include "program.h"
#include "words.h"

enum { TEXT_SIZE = 300 };

static const char *server_word(void)
{
    return say("server", "服务端");
}

static const char *client_word(void)
{
    return say("client", "客户端");
}

/* A client that is told the port prints this, and nothing else. */
static bool client_prints(struct run *run, const char *name, int port,
                          const char *message, const char *expected)
{
    struct program client = {0};
    char number[16];
    const char *const options[] = {"--port", number,
                                   message ? "--message" : NULL, message, NULL};
    bool good;

    snprintf(number, sizeof(number), "%d", port);
    good = program_start(run, &client, name, client_word(), options, false) &&
           program_finish(run, &client) &&
           expect_text(run, client_word(), client.text, expected);
    program_close(&client);
    return good;
}

/* Writes '#' over the digits of each client's port. */
static void mask_ports(char *text)
{
    char *next = text;

    while ((next = strstr(next, "('127.0.0.1', ")) != NULL) {
        char *port = next + strlen("('127.0.0.1', ");
        size_t digits = strspn(port, "0123456789");

        next = port;
        if (digits > 0) {
            *port = '#';
            memmove(port + 1, port + digits, strlen(port + digits) + 1);
        }
    }
}

/* The server has ended, and printed its port and this. */
static bool server_printed(struct run *run, struct program *server, int port,
                           const char *expected)
{
    char all[TEXT_SIZE];

    if (!program_finish(run, server))
        return false;
    snprintf(all, sizeof(all), "port %d\n%s", port, expected);
    mask_ports(server->text);
    return expect_text(run, server_word(), server->text, all);
}

bool run_tcp_echo(struct run *run)
{
    static const char *const options[] = {"--port", "0", "--clients", "2",
                                          NULL};
    static const char client[] = "lesson-13-tcp-echo-client";
    struct program server = {0};
    int port = 0;
    bool good =
        program_start(run, &server, "lesson-13-tcp-echo-server", server_word(),
                      options, false) &&
        program_port(run, &server, &port) &&
        client_prints(run, client, port, NULL, "b'Echo=>This is Python'\n") &&
        client_prints(run, client, port, "你好",
                      "b'Echo=>\\xe4\\xbd\\xa0\\xe5\\xa5\\xbd'\n") &&
        server_printed(run, &server, port,
                       "Server connected by ('127.0.0.1', #)\n"
                       "Server connected by ('127.0.0.1', #)\n");

    program_close(&server);
    return good;
}

bool run_udp(struct run *run)
{
    static const char *const options[] = {"--port", "0", NULL};
    struct program server = {0};
    char answer[TEXT_SIZE];
    int port = 0;
    bool good = program_start(run, &server, "lesson-14-udp-server",
                              server_word(), options, false) &&
                program_port(run, &server, &port);

    snprintf(answer, sizeof(answer), "Hello ('127.0.0.1', %d)\n", port);
    good = good &&
           client_prints(run, "lesson-14-udp-client", port, NULL, answer) &&
           server_printed(run, &server, port, "b'This is Python'\n");
    program_close(&server);
    return good;
}
