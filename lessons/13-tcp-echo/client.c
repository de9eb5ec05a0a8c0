/* SPDX-License-Identifier: MIT */
/* TCP, the client (基于TCP的socket 客户端): start the server first.
 * Watch: what the server put in front of what was sent. */
#include "lesson.h"

int main(int argc, char **argv)
{
    const char *host = "127.0.0.1", *message = "This is Python";
    int port = 8080;
    weft_socket *ss;
    char res[1024];
    size_t length;
    const lesson_option options[] = {
        {"--host", "where the server is", .host = &host},
        {"--port", "its port", .port = &port},
        {"--message", "what to send", .text = &message},
        {0},
    };

    lesson_begin(&argc, &argv, "Sends a message, prints the answer.", options);

    CHECK(weft_tcp_connect(&ss, host, port, weft_in(WEFT_S(10))));
    CHECK(weft_socket_send(ss, message, strlen(message), NULL, WEFT_FOREVER));
    CHECK(weft_socket_recv(ss, res, sizeof(res), &length, WEFT_FOREVER));
    weft_print("%s\n", lesson_bytes(res, length)); /* print(res) */
    weft_socket_close(ss);
    return 0;
}
