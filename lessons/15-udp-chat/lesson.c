/* SPDX-License-Identifier: MIT */
/* A chat over UDP, GBK on the wire (udp聊天).
 * Watch: what comes in is printed while you still type; "exit" leaves. */
#include <stdio.h>

#include "lesson.h"

static const char *name; /* NULL: none is put before the messages */

static void send_msg(weft_socket *udp_socket, const weft_address *dest)
{
    char typed[LESSON_LINE], send_data[2 * LESSON_LINE + 3];
    char gbk[LESSON_LINE];
    while (lesson_input(typed, "请输入您要发送的消息:", "Your message:") &&
           strcmp(typed, "exit") != 0) {
        size_t n;
        snprintf(send_data, sizeof(send_data), "%s%s%s", name ? name : "",
                 name ? ": " : "", typed);
        n = lesson_to_gbk(gbk, send_data); /* send_data.encode("gbk") */
        CHECK(weft_socket_sendto(udp_socket, gbk, n, dest, WEFT_FOREVER));
    }
}

static int recv_msg(weft_task *task)
{
    weft_socket *udp_socket = WEFT_ARG(task, weft_socket *);
    char recv_data[LESSON_DATAGRAM]; /* Python's 1024 cut what is longer */
    weft_address ip_port;
    size_t n;
    int err;
    while ((err = weft_socket_recvfrom(udp_socket, recv_data, sizeof(recv_data),
                                       &n, &ip_port, WEFT_FOREVER)) == 0)
        weft_print(">>>%s:%s\n", lesson_address(&ip_port),
                   lesson_from_gbk(recv_data, n)); /* recv_data.decode("gbk") */
    return err == WEFT_ECLOSED ? 0 : err;
}

int main(int argc, char **argv)
{
    const char *dest_ip = NULL, *group = NULL;
    int port = 8081, dest_port = 0, via = 0; /* the system's choice */
    weft_socket *udp_socket;
    weft_thread *recv_thread;
    weft_address dest;
    const lesson_option options[] = {
        {"--port", "0: a free one, which is printed", .own_port = &port},
        {"--group", "many chat, such as 239.1.2.3", .host = &group},
        {"--interface", "of the group; 1: this machine", .count = &via},
        {"--name", "put before each message", .text = &name},
        {"--peer-host", "instead of asking", .host = &dest_ip},
        {"--peer-port", "instead of asking", .port = &dest_port},
        {0},
    };

    lesson_begin(&argc, &argv,
                 "A chat for two, or for a group; --lang zh or en.", options);
    CHECK(weft_udp_open_with(&udp_socket, NULL, port, WEFT_IPV4,
                             &(weft_udp_options){.share_port = group}));
    lesson_tell_port(udp_socket, port);
    if (group) { /* several members may be on this machine */
        CHECK(weft_socket_address(udp_socket, &dest));
        CHECK(weft_address_resolve(&dest, group, dest.port, WEFT_IPV4,
                                   WEFT_FOREVER));
        CHECK(weft_socket_multicast_join(udp_socket, &dest, (unsigned)via));
        CHECK(weft_socket_option_set(udp_socket,
                                     WEFT_SOCKET_MULTICAST_INTERFACE, via));
    }
    CHECK(weft_thread_start_with(&recv_thread, recv_msg, &udp_socket,
                                 sizeof(udp_socket),
                                 &(weft_thread_options){.daemon = true}));
    if (group) {
        send_msg(udp_socket, &dest);
    } else if (lesson_ask_host(&dest_ip,
                               "请输入对方的ip地址:", "Their IP address:") &&
               lesson_ask_port(&dest_port,
                               "请输入对方的端口号:", "Their port:")) {
        CHECK(weft_address_resolve(&dest, dest_ip, dest_port, WEFT_IPV4,
                                   WEFT_FOREVER));
        send_msg(udp_socket, &dest);
    }
    weft_socket_shutdown(udp_socket, WEFT_SHUTDOWN_BOTH); /* ends recv_msg() */
    weft_thread_join(recv_thread, WEFT_FOREVER); /* Python leaves it to die */
    weft_socket_close(udp_socket);
    return 0;
}
