/* SPDX-License-Identifier: MIT */
/* TCP: echo for many clients, by one thread that never blocks.
 * Watch: the same handler, the same output, one thread for all. */
#include <stdio.h>

#include "lesson.h"

static int echo(weft_request *request)
{
    weft_reply(request, "Echo=>", 6);
    return weft_reply(request, weft_request_data(request),
                      weft_request_size(request));
}

static weft_address address; /* of the server */

static int hello(weft_socket *ss, int number)
{
    char text[32], res[64];
    size_t size, length;

    size = (size_t)snprintf(text, sizeof(text), "client %d", number);
    CHECK(weft_socket_send(ss, text, size, NULL, weft_in(WEFT_S(10))));
    CHECK(weft_socket_recv_exactly(ss, res, 6 + size, &length,
                                   weft_in(WEFT_S(10))));
    weft_print("%.*s\n", (int)length, res);
    weft_socket_close(ss);
    return 0;
}

static int client(weft_task *task)
{
    weft_socket *ss;

    CHECK(
        weft_tcp_connect(&ss, "127.0.0.1", address.port, weft_in(WEFT_S(10))));
    return hello(ss, WEFT_ARG(task, int));
}

int main(int argc, char **argv)
{
    int clients = 5, port = 0;
    bool serve = false;
    weft_server *server;
    weft_socket *silent;
    const lesson_option options[] = {
        {"--clients", "how many at once", .count = &clients},
        {"--port", "0: a free one", .own_port = &port},
        {"--serve", "print the port, go on until Ctrl-C", .flag = &serve},
        {0},
    };

    lesson_begin(&argc, &argv, "Echo for many clients.", options);
    CHECK(weft_server_start(
        &server, echo,
        &(weft_server_options){.style = WEFT_SERVER_LOOP, .port = port}));
    weft_server_address(server, &address);
    if (serve)
        weft_print("port %d\n", address.port);

    CHECK(weft_tcp_connect(&silent, "127.0.0.1", address.port,
                           weft_in(WEFT_S(10))));
    for (int i = 1; i < clients; i++)
        CHECK(weft_thread_start(NULL, client, &i, sizeof(i)));
    CHECK(weft_thread_join_all(WEFT_FOREVER));
    hello(silent, 0); /* connected first, it speaks last */

    while (serve)
        weft_sleep(WEFT_S(1));
    CHECK(weft_server_stop(server, weft_in(WEFT_S(5))));
    weft_server_close(server);
    return 0;
}
