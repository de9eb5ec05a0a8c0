/* SPDX-License-Identifier: MIT */
/* TCP, the server (基于TCP的socket 服务端): one client after another, for ever.
 * Watch: a second client is connected at once, but served after the first. */
#include "lesson.h"

int main(int argc, char **argv)
{
    const char *host = "127.0.0.1";
    int port = 8080, clients = 0;
    weft_socket *ss, *con;
    weft_address add;
    char data[6 + 1024] = "Echo=>";
    size_t length;
    const lesson_option options[] = {
        {"--host", "where to listen", .host = &host},
        {"--port", "0: a free one, which is printed", .own_port = &port},
        {"--clients", "end after so many", .count = &clients},
        {0},
    };

    lesson_begin(&argc, &argv, "Sends back what it receives.", options);

    CHECK(weft_tcp_listen(&ss, host, port, NULL)); /* socket, bind, listen */
    lesson_tell_port(ss, port);

    for (int served = 0; clients == 0 || served < clients; served++) {
        CHECK(weft_socket_accept(ss, &con, &add, WEFT_FOREVER));
        weft_print("Server connected by %s\n", lesson_address(&add));
        for (;;) { /* a client that vanished is one that has finished */
            int err =
                weft_socket_recv(con, data + 6, 1024, &length, WEFT_FOREVER);
            if (err != 0 || length == 0) /* if not data: */
                break;
            weft_socket_send(con, data, 6 + length, NULL, WEFT_FOREVER);
        }
        weft_socket_close(con);
    }
    weft_socket_close(ss);
    return 0;
}
