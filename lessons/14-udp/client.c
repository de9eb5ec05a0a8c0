/* SPDX-License-Identifier: MIT */
/* UDP, the client (基于udp的socket 客户端).
 * Watch: without a server, sending succeeds; only the answer is missing. */
#include "lesson.h"

int main(int argc, char **argv)
{
    const char *host = "127.0.0.1", *message = "This is Python";
    int port = 8080;
    weft_socket *ss;
    weft_address address, add;
    char msg[1024], text[4 * sizeof(msg) + 1];
    size_t length;
    const lesson_option options[] = {
        {"--host", "where the server is", .host = &host},
        {"--port", "its port", .port = &port},
        {"--message", "what to send", .text = &message},
        {0},
    };

    lesson_begin(&argc, &argv, "Sends a datagram, prints the answer.", options);

    CHECK(weft_address_resolve(&address, host, port, WEFT_FAMILY_NONE,
                               weft_in(WEFT_S(10))));
    CHECK(weft_udp_open(&ss, NULL, 0, address.family)); /* of the same kind */
    CHECK(weft_socket_sendto(ss, message, strlen(message), &address,
                             WEFT_FOREVER));
    /* Python would wait for ever for a datagram that was lost. */
    CHECK(weft_socket_recvfrom(ss, msg, sizeof(msg), &length, &add,
                               weft_in(WEFT_S(10))));
    weft_text_printable(msg, length, text, sizeof(text)); /* msg.decode() */
    weft_print("%s %s\n", text, lesson_address(&add));
    weft_socket_close(ss);
    return 0;
}
