/* SPDX-License-Identifier: MIT */
/* UDP, the server (基于udp的socket): one datagram in, one out.
 * Watch: nobody connects; the sender's address comes with the datagram. */
#include "lesson.h"

int main(int argc, char **argv)
{
    const char *host = "127.0.0.1";
    int port = 8080;
    weft_socket *ss;
    weft_address add;
    char msg[1024];
    size_t length;
    const lesson_option options[] = {
        {"--host", "where to receive", .host = &host},
        {"--port", "0: a free one, which is printed", .own_port = &port},
        {0},
    };

    lesson_begin(&argc, &argv, "Answers one datagram.", options);

    CHECK(weft_udp_open(&ss, host, port, WEFT_FAMILY_NONE)); /* socket, bind */
    lesson_tell_port(ss, port);
    CHECK(weft_socket_recvfrom(ss, msg, sizeof(msg), &length, &add,
                               WEFT_FOREVER));
    weft_print("%s\n", lesson_bytes(msg, length)); /* print(msg) */

    CHECK(weft_socket_sendto(ss, "Hello", 5, &add, WEFT_FOREVER));
    weft_socket_close(ss);
    return 0;
}
